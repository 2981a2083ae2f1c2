// SPDX-License-Identifier: BSL-1.0
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "catch.hpp"
#include "window_rig.hpp"

using namespace rig;
using Strings = std::vector<std::string>;
using Results = std::vector<Row>;
using SlidingRig = WindowRig<std::uint32_t Event::*, Sliding>;

namespace {

/// Of a window that ends here, 10 s long unless told.
Row ending(std::uint32_t key, Duration end, std::uint64_t n, std::uint64_t sum,
           std::uint32_t fire = 1, Duration size = 10s) {
  return {key, {at(end - size), at(end)}, {n, sum}, fire};
}

}  // namespace

TEST_CASE("a record is in each window that its time lies in") {
  SlidingRig rig({.size = 10s, .slide = 2s});
  rig.push({{at(9s), 7, 5}});
  rig.step.watermark(at(10s) - 1us);
  CHECK(rig.out.values.empty());
  rig.step.watermark(at(10s));
  CHECK(rig.out.take() == Results{ending(7, 10s, 1, 5)});
  CHECK(rig.out.times == std::vector<Timestamp>{at(10s) - 1us});
  rig.step.watermark(end_of_time);
  CHECK(rig.out.take() == Results{ending(7, 12s, 1, 5), ending(7, 14s, 1, 5), ending(7, 16s, 1, 5),
                                  ending(7, 18s, 1, 5)});
  CHECK(rig.step.counters().in.get() == 1);
  CHECK(rig.step.counters().out.get() == 5);
}

TEST_CASE(
    "sliding windows are half-open and begin at the multiples of the slide, before 1970 too") {
  SlidingRig rig({.size = 4s, .slide = 2s});
  rig.push({{at(-2s), 1, 1}, {at(0s) - 1us, 1, 2}, {at(0s), 1, 4}});
  rig.step.watermark(end_of_time);
  CHECK(rig.out.values == Results{ending(1, 0s, 2, 3, 1, 4s), ending(1, 2s, 3, 7, 1, 4s),
                                  ending(1, 4s, 1, 4, 1, 4s)});
}

TEST_CASE("a size that is no multiple of the slide has windows of whole panes all the same") {
  SlidingRig rig({.size = 5s, .slide = 3s});  // [-3, 2) [0, 5) [3, 8) [6, 11)
  rig.push({{at(1s), 1, 1}, {at(2s), 1, 2}, {at(4s), 1, 4}, {at(6s), 1, 8}});
  rig.step.watermark(end_of_time);
  CHECK(rig.out.values == Results{ending(1, 2s, 1, 1, 1, 5s), ending(1, 5s, 3, 7, 1, 5s),
                                  ending(1, 8s, 2, 12, 1, 5s), ending(1, 11s, 1, 8, 1, 5s)});
}

TEST_CASE("a slide as long as the size gives what tumbling windows give") {
  SlidingRig sliding({.size = 10s, .slide = 10s});
  WindowRig tumbling({.size = 10s});
  for (std::uint32_t i = 0; i < 500; ++i) {
    const std::vector<Event> events{{at(i * 100ms), i % 7, i}, {at(i * 90ms), i % 11, i}};
    sliding.push(events);
    tumbling.push(events);
    sliding.step.watermark(at(i * 95ms));
    tumbling.step.watermark(at(i * 95ms));
  }
  sliding.step.watermark(end_of_time);
  tumbling.step.watermark(end_of_time);
  CHECK(sliding.out.values == tumbling.out.values);
  CHECK(sliding.late.values == tumbling.late.values);
  CHECK(sliding.late.values.size() > 0);
}

TEST_CASE("a key without a record in a window gives no result for it") {
  SlidingRig rig({.size = 4s, .slide = 2s, .order = ResultOrder::key});
  rig.push({{at(1s), 1, 1}, {at(1s), 2, 1}, {at(5s), 2, 1}});
  rig.step.watermark(end_of_time);
  CHECK(rig.out.values == Results{ending(1, 2s, 1, 1, 1, 4s), ending(2, 2s, 1, 1, 1, 4s),
                                  ending(1, 4s, 1, 1, 1, 4s), ending(2, 4s, 1, 1, 1, 4s),
                                  ending(2, 6s, 1, 1, 1, 4s), ending(2, 8s, 1, 1, 1, 4s)});
}

TEST_CASE("a record is late when no window takes it any more, and only then") {
  SlidingRig rig({.size = 10s, .slide = 2s});
  rig.step.watermark(at(10s));
  rig.push({{at(1s), 1, 1}, {at(2s) - 1us, 1, 2}, {at(2s), 1, 4}, {at(9s), 1, 8}});
  CHECK(rig.late.values == std::vector<Event>{{at(1s), 1, 1}, {at(2s) - 1us, 1, 2}});
  CHECK(rig.step.counters().late.get() == 2);
  CHECK(rig.out.values.empty());  // the window that ended is past
  rig.step.watermark(at(12s));
  CHECK(rig.out.take() == Results{ending(1, 12s, 2, 12)});
  rig.step.watermark(at(14s));
  CHECK(rig.out.take() == Results{ending(1, 14s, 1, 8)});
}

TEST_CASE("a late record corrects each window with it that still takes corrections") {
  SlidingRig rig({.size = 6s, .slide = 2s, .allowed_lateness = 3s});
  rig.push({{at(5s), 1, 1}, {at(5s), 2, 2}});
  rig.step.watermark(at(9s));
  CHECK(rig.out.take().size() == 4);  // two keys in the windows that end at 6 s and 8 s
  rig.push({{at(4s), 1, 10}, {at(4s), 3, 30}});
  // 6 s + 3 s is over, 8 s takes it, 10 s has not fired.
  auto corrected = rig.out.take();
  std::sort(corrected.begin(), corrected.end(),
            [](const Row& a, const Row& b) { return a.key < b.key; });
  CHECK(corrected == Results{ending(1, 8s, 2, 11, 2, 6s), ending(3, 8s, 1, 30, 1, 6s)});
  rig.push({{at(7s), 3, 5}});
  CHECK(rig.out.take() == Results{ending(3, 8s, 2, 35, 2, 6s)});
  rig.step.watermark(at(10s));
  CHECK(rig.out.take().size() == 3);
  rig.push({{at(9s), 2, 7}, {at(6s), 2, 7}});
  CHECK(rig.out.take() == Results{ending(2, 8s, 2, 9, 2, 6s), ending(2, 10s, 3, 16, 2, 6s)});
  CHECK(rig.late.values.empty());
  rig.step.watermark(at(13s));
  rig.out.take();
  rig.push({{at(7s), 1, 1}, {at(5s), 1, 1}});
  CHECK(rig.out.take() == Results{ending(1, 12s, 1, 1, 1, 6s)});  // the only one left with 7 s
  CHECK(rig.late.values == std::vector<Event>{{at(5s), 1, 1}});
}

TEST_CASE("results of a sliding window leave in hash order by default, by key when asked") {
  std::vector<Event> events;
  for (std::uint32_t key = 0; key < 3000; ++key)
    events.push_back({at(key % 5 * 1s), key * 7919u % 3001u, 1});
  const auto keys_of = [&](ResultOrder order, bool backwards) {
    SlidingRig rig({.size = 10s, .slide = 2s, .order = order});
    if (backwards)
      rig.push({events.rbegin(), events.rend()});
    else
      rig.push(events);
    rig.step.watermark(at(6s));
    std::vector<std::uint32_t> keys;
    for (const Row& r : rig.out.values)
      if (r.window.end == at(6s)) keys.push_back(r.key);
    return keys;
  };
  const auto by_hash = keys_of(ResultOrder::hash, false);
  CHECK(by_hash.size() == 3000);
  CHECK(by_hash == keys_of(ResultOrder::hash, true));
  CHECK_FALSE(std::is_sorted(by_hash.begin(), by_hash.end()));
  const auto by_key = keys_of(ResultOrder::key, false);
  CHECK(by_key.size() == 3000);
  CHECK(std::is_sorted(by_key.begin(), by_key.end()));
  CHECK(keys_of(ResultOrder::table, false).size() == 3000);
}

TEST_CASE("a window of many panes is merged from parts that earlier windows made") {
  SlidingRig rig({.size = 64s, .slide = 1s, .allowed_lateness = 20s});
  std::map<std::pair<Duration, std::uint32_t>, std::pair<std::uint64_t, std::uint64_t>> expected;
  const auto add = [&](Duration time, std::uint32_t key, std::uint32_t value) {
    rig.push({{at(time), key, value}});
    for (Duration end = time / 1s * 1s + 1s; end <= time + 64s; end += 1s) {
      auto& [n, sum] = expected[{end, key}];
      ++n;
      sum += value;
    }
  };
  for (std::uint32_t second = 0; second < 300; ++second) {
    for (std::uint32_t i = 0; i < 10; ++i) add(second * 1s, i * second % 13, i);
    rig.step.watermark(at(second * 1s));
    // Into a part that windows have used.
    if (second % 7 == 3 && second > 15) add((second - 12) * 1s, 99, second);
  }
  rig.step.watermark(end_of_time);
  std::map<std::pair<Duration, std::uint32_t>, std::pair<std::uint64_t, std::uint64_t>> last;
  for (const Row& r : rig.out.values)
    last[{r.window.end.time_since_epoch(), r.key}] = {std::get<0>(r.value), std::get<1>(r.value)};
  CHECK(rig.late.values.empty());
  CHECK((last == expected));
}

TEST_CASE("a record whose aggregation throws is a dead letter, in none of its windows") {
  struct Throws {
    using State = std::uint64_t;
    void add(State& s, const Event& e) const {
      if (e.value == 13) throw std::runtime_error("unlucky");
      s += e.value;
    }
    void merge(State& into, const State& from) const { into += from; }
    State result(const State& s) const { return s; }
  };
  Bed bed;
  WindowStep<Event, std::uint32_t Event::*, Throws, Sliding> step(bed.context(), &Event::key, {},
                                                                  {.size = 4s, .slide = 2s});
  Probe<decltype(step)::Out> out;
  Probe<DeadLetter> letters;
  connect(bed, step, 0, out);
  connect(bed, step, 1, letters);
  Batch<Event> batch;
  for (const Event& e : {Event{at(1s), 1, 1}, Event{at(1s), 1, 13}, Event{at(1s), 2, 13}})
    batch.push_back(e, e.time);
  step.push(batch);
  step.watermark(end_of_time);
  REQUIRE(out.values.size() == 2);
  for (const auto& r : out.values) CHECK((r.key == 1 && r.value == 1));
  REQUIRE(letters.values.size() == 2);
  CHECK(letters.values[0].reason == "the step's function threw: unlucky");
}

TEST_CASE("a key whose panes can't be merged is a dead letter of that window alone") {
  const auto huge = [](const Event& e) {
    return e.value == 0 ? std::int64_t{1} : std::int64_t{INT64_MAX} - e.value;
  };
  const auto sum = agg::bind<Event>(agg::sum(huge));
  Bed bed;
  for (const ResultOrder order : {ResultOrder::hash, ResultOrder::key}) {
    WindowStep<Event, std::uint32_t Event::*, std::remove_const_t<decltype(sum)>, Sliding> step(
        bed.context(), &Event::key, sum, {.size = 4s, .slide = 2s, .order = order});
    Probe<typename decltype(step)::Out> out;
    Probe<DeadLetter> letters;
    connect(bed, step, 0, out);
    connect(bed, step, 1, letters);
    Batch<Event> batch;
    for (const Event& e : {Event{at(1s), 7, 5}, Event{at(3s), 7, 5}, Event{at(3s), 8, 0}})
      batch.push_back(e, e.time);
    step.push(batch);
    step.watermark(end_of_time);
    CHECK(out.values.size() == 4);  // key 7 at 2 s and 6 s, key 8 at 4 s and 6 s
    for (const auto& r : out.values) CHECK((r.window.end != at(4s) || r.key == 8));
    REQUIRE(letters.values.size() == 1);
    CHECK(letters.values[0].step == "step");
    CHECK(letters.values[0].reason ==
          "agg::sum: the sums of a window's panes would overflow 64 bits together; sum a double, "
          "or a smaller unit");
    CHECK(letters.values[0].bytes ==
          "{\"key\":7,\"window\":{\"start\":\"1970-01-01T00:00:00.000000\","
          "\"end\":\"1970-01-01T00:00:04.000000\"}}");
    CHECK(step.counters().errors.get() == 1);
  }
}

TEST_CASE("panes that overflow among themselves do not spoil a window that holds their sum") {
  constexpr std::int64_t most = INT64_MAX;
  const auto value = [](const Event& e) {
    return e.value == 0 ? most - 5 : e.value == 1 ? std::int64_t{-100} : std::int64_t{10};
  };
  const auto sum = agg::bind<Event>(agg::sum(value));
  Bed bed;
  WindowStep<Event, std::uint32_t Event::*, std::remove_const_t<decltype(sum)>, Sliding> step(
      bed.context(), &Event::key, sum, {.size = 8s, .slide = 1s});
  Probe<decltype(step)::Out> out;
  Probe<DeadLetter> letters;
  connect(bed, step, 0, out);
  connect(bed, step, 1, letters);
  Batch<Event> batch;
  for (const Event& e : {Event{at(0s), 7, 1}, Event{at(4s), 7, 0}, Event{at(5s), 7, 2}})
    batch.push_back(e, e.time);
  step.push(batch);
  step.watermark(end_of_time);
  std::map<Duration, std::int64_t> found;
  for (const auto& r : out.values) found[r.window.end.time_since_epoch()] = r.value;
  CHECK(found == std::map<Duration, std::int64_t>{{1s, -100},
                                                  {2s, -100},
                                                  {3s, -100},
                                                  {4s, -100},
                                                  {5s, most - 105},
                                                  {6s, most - 95},
                                                  {7s, most - 95},
                                                  {8s, most - 95},
                                                  {13s, 10}});
  CHECK(letters.values.size() == 4);  // of the windows with the second and the third alone
}

namespace {

/// A state of 4 bytes is full at 2^32 - 1: two panes of 2^31 reach it together.
template <bool never_throws>
struct Weighted {
  using State = std::uint64_t;
  struct Compact {
    std::uint32_t n = 0;
  };
  void add(State& s, const Event& e) const { s += e.value; }
  void add(Compact& s, const Event& e) const { s.n = narrow(s.n + std::uint64_t{e.value}).n; }
  void merge(State& into, const State& from) const noexcept(never_throws) { into += from; }
  State result(const State& s) const { return s; }
  static bool full(const Compact& s) { return s.n == 0xFFFFFFFF; }
  static State widen(const Compact& s) { return s.n; }
  static Compact narrow(State s) {
    return {static_cast<std::uint32_t>(std::min<State>(s, 0xFFFFFFFF))};
  }
};

template <class Aggregator>
std::vector<std::uint64_t> sums_of_three_panes_of_2_to_the_31() {
  Bed bed;
  WindowStep<Event, std::uint32_t Event::*, Aggregator, Sliding> step(
      bed.context(), &Event::key, {}, {.size = 6s, .slide = 2s});
  Probe<typename decltype(step)::Out> out;
  connect(bed, step, 0, out);
  Batch<Event> batch;
  for (const Duration time : {1s, 3s, 5s}) batch.push_back({at(time), 1, 0x80000000}, at(time));
  step.push(batch);
  step.watermark(end_of_time);
  std::vector<std::uint64_t> sums;
  for (const auto& r : out.values) sums.push_back(r.value >> 31);
  return sums;
}

}  // namespace

TEST_CASE("counts that outgrow their small states in a window are exact") {
  const std::vector<std::uint64_t> expected{1, 2, 3, 2, 1};
  CHECK(sums_of_three_panes_of_2_to_the_31<Weighted<false>>() == expected);
  CHECK(sums_of_three_panes_of_2_to_the_31<Weighted<true>>() == expected);
}

TEST_CASE("what windows are merged in counts against the state budget, which gets it back") {
  const WindowOptions options{.size = 64s, .slide = 1s};
  auto bed = std::make_unique<Bed>();
  Bed& kept = *bed;
  {
    SlidingRig rig(options, &Event::key, std::move(bed));
    for (std::uint32_t second = 0; second < 80; ++second) {
      std::vector<Event> events;
      for (std::uint32_t k = 0; k < 200; ++k) events.push_back({at(second * 1s), k, 1});
      rig.push(events);
      rig.step.watermark(at(second * 1s));
    }
    const std::uint64_t panes = 64 * 200 * sizeof(std::uint64_t) * 2;
    CHECK(kept.state.used() > panes * 5 / 4);
    rig.step.watermark(end_of_time);
    bed = std::move(rig.bed);
  }
  CHECK(kept.state.used() == 0);

  SlidingRig rig({.size = 8s, .slide = 1s}, &Event::key, std::make_unique<Bed>(400_KiB));
  try {
    for (std::uint32_t second = 0; second < 8; ++second) {
      std::vector<Event> events;
      for (std::uint32_t k = 0; k < 800; ++k)
        events.push_back({at(second * 1s), second * 800 + k, 1});
      rig.push(events);
    }
    CHECK(rig.bed->state.used() < 400 * 1024);
    rig.step.watermark(at(8s));
    FAIL("nothing was thrown");
  } catch (const Failure& failure) {
    CHECK(failure.error().code() == Errc::limit_exceeded);
    CHECK_THAT(failure.what(), Catch::Contains("step \"step\": its windows hold "));
  }
}
