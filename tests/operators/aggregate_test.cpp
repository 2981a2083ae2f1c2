// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/aggregate.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "window_rig.hpp"

using namespace rig;

namespace {

struct Trade {
  std::string symbol;
  double price = 0;
  std::int64_t amount = 0;
  Timestamp time{};
};
const std::vector<Trade> trades = {
    {"b", 2.5, -3, at(3s)}, {"c", -1.0, 10, at(1s)}, {"a", 4.0, 5, at(2s)}};

template <class A>
auto of(A aggregation, const std::vector<Trade>& records = trades) {
  auto bound = agg::bind<Trade>(aggregation);
  static_assert(AggregatorOf<decltype(bound), Trade>);
  typename decltype(bound)::State state{};
  for (const Trade& t : records) bound.add(state, t);
  return bound.result(state);
}

struct Range {  // a user's own
  struct State {
    double low = 1e300, high = -1e300;
  };
  void add(State& s, const Trade& t) {
    s.low = std::min(s.low, t.price);
    s.high = std::max(s.high, t.price);
  }
  double result(const State& s) { return s.high - s.low; }
};

}  // namespace

TEST_CASE("count, sum, min, max and mean") {
  CHECK(of(agg::count()) == 3);
  CHECK(of(agg::sum(&Trade::amount)) == 12);
  CHECK(of(agg::sum(&Trade::price)) == 5.5);
  CHECK(of(agg::min(&Trade::price)) == -1.0);
  CHECK(of(agg::max(&Trade::amount)) == 10);
  CHECK(of(agg::mean([](const Trade& t) { return t.amount; })) == 4.0);
}

TEST_CASE("min and max take whatever is ordered and owns its bytes") {
  CHECK(of(agg::min(&Trade::symbol)) == "a");
  CHECK(of(agg::max(&Trade::symbol)) == "c");
  CHECK(of(agg::min(&Trade::time)) == at(1s));
  CHECK(of(agg::max(&Trade::time)) == at(3s));
}

TEST_CASE("min and max pass over NaN, wherever it comes") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& prices : {std::vector{nan, 1.0, 2.0}, {1.0, nan, 2.0}, {1.0, 2.0, nan}}) {
    std::vector<Trade> records;
    for (const double p : prices) records.push_back({"x", p, 0, at(0s)});
    CHECK(of(agg::min(&Trade::price), records) == 1.0);
    CHECK(of(agg::max(&Trade::price), records) == 2.0);
  }
}

TEST_CASE("all computes several at once, and a user's own beside them") {
  const auto [n, total, range] = of(agg::all(agg::count(), agg::sum(&Trade::amount), Range{}));
  CHECK(n == 3);
  CHECK(total == 12);
  CHECK(range == 5.0);
}

TEST_CASE("merging two states is as good as adding all records to one") {
  const auto check = [](auto aggregation) {
    auto bound = agg::bind<Trade>(aggregation);
    typename decltype(bound)::State left{}, right{}, whole{};
    for (std::size_t i = 0; i < trades.size(); ++i) {
      bound.add(i < 1 ? left : right, trades[i]);
      bound.add(whole, trades[i]);
    }
    bound.merge(left, right);
    CHECK(bound.result(left) == bound.result(whole));
  };
  check(agg::count());
  check(agg::sum(&Trade::amount));
  check(agg::mean(&Trade::price));
  check(agg::min(&Trade::symbol));
  check(agg::max(&Trade::price));
}

TEST_CASE("a record that would overflow a sum is a dead letter, and the sum goes on without it") {
  using Sum = agg::Bound<Trade, decltype(agg::sum(&Trade::amount))>;
  using Step = WindowStep<Trade, std::string Trade::*, Sum>;
  Bed bed;
  Step step(bed.context(), &Trade::symbol, agg::bind<Trade>(agg::sum(&Trade::amount)),
            {.size = 10s});
  Probe<Step::Out> out;
  Probe<DeadLetter> letters;
  connect(bed, step, 0, out);
  connect(bed, step, 1, letters);
  Batch<Trade> batch;
  for (const std::int64_t amount :
       {std::numeric_limits<std::int64_t>::max(), std::int64_t{1}, std::int64_t{-7}})
    batch.push_back({"x", 0, amount, at(1s)}, at(1s));
  step.push(batch);
  step.watermark(end_of_time);
  REQUIRE(out.values.size() == 1);
  CHECK(out.values[0].value == std::numeric_limits<std::int64_t>::max() - 7);
  REQUIRE(letters.values.size() == 1);
  CHECK(letters.values[0].reason ==
        "agg::sum: this record's value would overflow the 64-bit sum of its key and window; the "
        "sum goes on without it. Sum a double, or a smaller unit");
}

TEST_CASE("a key whose only record throws has no result") {
  struct Picky {
    struct State {
      int n = 0;
    };
    void add(State& s, const Event& e) const {
      if (e.value == 0) throw std::string("neither an exception");
      ++s.n;
    }
    int result(const State& s) const { return s.n; }
  };
  using Step = WindowStep<Event, std::uint32_t Event::*, Picky>;
  for (const std::uint32_t others : {2u, 3000u}) {
    Bed bed;
    Step step(bed.context(), &Event::key, Picky{}, {.size = 10s});
    Probe<Step::Out> out;
    Probe<DeadLetter> letters;
    connect(bed, step, 0, out);
    connect(bed, step, 1, letters);
    Batch<Event> batch(4096);
    for (int turn = 0; turn < 2; ++turn) {
      for (std::uint32_t k = 1; k <= others; ++k) batch.push_back({at(1s), k, 1}, at(1s));
      batch.push_back({at(1s), 50'000, 0}, at(1s));
      step.push(batch);
      batch.clear();
    }
    step.watermark(end_of_time);
    CHECK(out.values.size() == others);
    CHECK(letters.values.size() == 2);
    CHECK(letters.values[0].reason ==
          "the step's function threw something that is no std::exception");
  }
}
