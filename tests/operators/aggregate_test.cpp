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

TEST_CASE("a compact state comes to the same as a state") {
  const auto check = [](auto aggregation) {
    auto bound = agg::bind<Trade>(aggregation);
    using Bound = decltype(bound);
    static_assert(alignof(typename Bound::Compact) <= 4);
    typename Bound::State whole{};
    typename Bound::Compact compact{};
    CHECK(bound.result(Bound::widen(compact)) == bound.result(whole));
    for (const Trade& t : trades) {
      bound.add(whole, t);
      bound.add(compact, t);
      compact = Bound::narrow(Bound::widen(compact));
    }
    CHECK(bound.result(Bound::widen(compact)) == bound.result(whole));
    CHECK_FALSE(Bound::full(compact));
  };
  check(agg::count());
  check(agg::sum(&Trade::amount));
  check(agg::sum(&Trade::price));
  check(agg::min(&Trade::price));
  check(agg::max(&Trade::amount));
  check(agg::all(agg::count(), agg::sum(&Trade::amount), agg::max(&Trade::price)));
  auto mean = agg::bind<Trade>(agg::mean(&Trade::price));
  decltype(mean)::Compact compact{};
  for (const Trade& t : trades) mean.add(compact, t);
  CHECK(mean.result(mean.widen(compact)) == 5.5 / 3);
}

TEST_CASE("a count that needs more than 32 bits fills a compact state") {
  const auto count = agg::bind<Trade>(agg::count());
  CHECK_FALSE(count.full(count.narrow({0xFFFFFFFE})));
  CHECK(count.full(count.narrow({0xFFFFFFFF})));
  CHECK(count.full(count.narrow({5'000'000'000})));
  const auto mean = agg::bind<Trade>(agg::mean(&Trade::price));
  CHECK(mean.full(mean.narrow({1.0, 5'000'000'000})));
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

namespace {

/// Counts to 3 in a compact state.
struct Few {
  struct State {
    std::uint64_t n = 0;
    std::uint64_t sum = 0;
  };
  struct Compact {
    std::uint8_t n = 0;
    std::uint8_t sum = 0;
  };
  void add(State& s, const Event& e) const { take(s, e); }
  void add(Compact& s, const Event& e) const { take(s, e); }
  std::uint64_t result(const State& s) const { return s.n * 1000 + s.sum; }
  static bool full(const Compact& s) { return s.n == 3; }
  static State widen(const Compact& s) { return {s.n, s.sum}; }
  static Compact narrow(const State& s) {
    const auto least = [](std::uint64_t n) { return static_cast<std::uint8_t>(n < 3 ? n : 3); };
    return {least(s.n), least(s.sum)};
  }

 private:
  template <class S>
  static void take(S& s, const Event& e) {
    if (e.value == 9) throw std::string("nine");
    ++s.n;
    s.sum = static_cast<decltype(s.sum)>(s.sum + e.value);
  }
};
using FewStep = WindowStep<Event, std::uint32_t Event::*, Few>;
static_assert(!std::is_same_v<detail::StoredState<std::uint32_t, Few>::type, Few::State>);
static_assert(std::is_same_v<detail::StoredState<std::string, Few>::type, Few::State>);
// A count alone: two buckets of four keys lie in a cache line instead of one.
using Count = agg::Bound<Event, decltype(agg::count())>;
static_assert(std::is_same_v<detail::StoredState<std::uint32_t, Count>::type, Count::Compact>);
static_assert(std::is_same_v<detail::StoredState<std::uint64_t, Count>::type, Count::State>);

/// `turns` records of 1 for each key, an odd batch in two windows, a record that throws each turn.
void push_turns(FewStep& step, std::uint32_t keys, int turns) {
  Batch<Event> batch(keys + 1);
  for (int turn = 0; turn < turns; ++turn) {
    for (std::uint32_t k = 0; k < keys; ++k)
      batch.push_back({at(9s), k, 1}, turn % 2 == 1 && k % 2 == 1 ? at(11s) : at(9s));
    batch.push_back({at(9s), keys / 2, 9}, at(9s));
    step.push(batch);
    batch.clear();
  }
}

}  // namespace

TEST_CASE("a key that outgrows its compact state goes on with a whole one, saved or not") {
  for (const std::uint32_t keys : {2u, 5000u}) {
    INFO(keys << " keys");
    Bed bed;
    FewStep before(bed.context(), &Event::key, Few{}, {.size = 10s});
    Probe<DeadLetter> letters;
    connect(bed, before, 1, letters);
    push_turns(before, keys, 10);
    CHECK(letters.values.size() == 10);
    Snapshot snapshot;
    before.barrier(snapshot);
    FewStep after(bed.context(), &Event::key, Few{}, {.size = 10s});
    for (const StateItem& item : snapshot.items) after.load(item).value();
    Probe<FewStep::Out> out;
    connect(bed, after, 0, out);
    push_turns(after, keys, 4);
    after.watermark(end_of_time);
    CHECK(out.values.size() == keys + keys / 2);
    for (const auto& r : out.values) {
      const std::uint64_t n = r.key % 2 == 0 ? 14 : 7;
      if (r.value != n * 1001) FAIL("key " << r.key << " came to " << r.value);
    }
  }
}

TEST_CASE("a window after one with full states begins anew") {
  Bed bed;
  FewStep step(bed.context(), &Event::key, Few{}, {.size = 10s});
  Probe<FewStep::Out> out;
  connect(bed, step, 0, out);
  push_turns(step, 1, 7);
  step.watermark(at(10s));
  Batch<Event> batch;
  batch.push_back({at(12s), 0, 2}, at(12s));
  step.push(batch);
  step.watermark(end_of_time);
  REQUIRE(out.values.size() == 2);
  CHECK(out.values[0].value == 7007);
  CHECK(out.values[1].value == 1002);
}
