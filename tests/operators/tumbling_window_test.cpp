// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/tumbling_window.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/state/pages.hpp"
#include "window_rig.hpp"

using namespace rig;
using Strings = std::vector<std::string>;
using Results = std::vector<Row>;

TEST_CASE("a window gives count and sum of each key when the watermark reaches its end") {
  WindowRig rig({.size = 10s, .order = ResultOrder::key});
  rig.push({{at(1s), 7, 5}, {at(9s), 7, 6}, {at(3s), 8, 1}});
  rig.step.watermark(at(10s) - 1us);
  CHECK(rig.out.values.empty());
  rig.step.watermark(at(10s));
  CHECK(rig.out.values == Results{result(7, 0s, 2, 11), result(8, 0s, 1, 1)});
  CHECK(rig.out.times == std::vector<Timestamp>(2, at(10s) - 1us));
  CHECK(rig.out.events == Strings{"w9999", "r2", "w10000"});
  CHECK(rig.step.counters().in.get() == 3);
  CHECK(rig.step.counters().out.get() == 2);
}

TEST_CASE("windows are half-open and lie on one grid, before 1970 too") {
  WindowRig rig;
  rig.push({{at(0s), 1, 1},
            {at(10s) - 1us, 1, 2},
            {at(10s), 1, 4},
            {at(-1us), 1, 8},
            {at(-10s), 1, 16},
            {at(-10s) - 1us, 1, 32}});
  rig.step.watermark(end_of_time);
  CHECK(rig.out.values == Results{result(1, -20s, 1, 32), result(1, -10s, 2, 24),
                                  result(1, 0s, 2, 3), result(1, 10s, 1, 4)});
}

TEST_CASE("the end of input brings the last window, then ends every output") {
  WindowRig rig;
  rig.push({{at(1s), 1, 1}});
  rig.step.watermark(end_of_time);
  rig.step.end();
  CHECK(rig.out.events == Strings{"r1", "w:end", "end"});
  CHECK(rig.late.events == Strings{"w:end", "end"});
  CHECK(rig.letters.events.back() == "end");
}

TEST_CASE("lateness follows from the watermark, never from the first window seen") {
  WindowRig rig;
  rig.push({{at(95s), 1, 1}});
  rig.push({{at(5s), 1, 2}});  // nine windows earlier, and in time: no watermark came
  rig.step.watermark(end_of_time);
  CHECK(rig.out.values == Results{result(1, 0s, 1, 2), result(1, 90s, 1, 1)});
  CHECK(rig.step.counters().late.get() == 0);
}

TEST_CASE("a record is late once the watermark has reached its window's end") {
  WindowRig rig;
  rig.step.watermark(at(10s) - 1us);
  rig.push({{at(1s), 1, 1}});
  rig.step.watermark(at(10s));
  rig.push({{at(9s), 1, 2}, {at(10s), 1, 4}, {at(0s), 2, 8}});
  CHECK(rig.late.values == std::vector<Event>{{at(9s), 1, 2}, {at(0s), 2, 8}});
  CHECK(rig.late.times == std::vector<Timestamp>{at(9s), at(0s)});
  CHECK(rig.step.counters().late.get() == 2);
  rig.step.watermark(end_of_time);
  CHECK(rig.out.values == Results{result(1, 0s, 1, 1), result(1, 10s, 1, 4)});
}

TEST_CASE("late records are counted when nobody takes them") {
  Bed bed;
  using Counting = WindowStep<Event, std::uint32_t Event::*, agg::Bound<Event, agg::detail::Count>>;
  Counting step(bed.context(), &Event::key, agg::bind<Event>(agg::count()), {.size = 10s});
  step.watermark(at(20s));
  Batch<Event> batch;
  batch.push_back({at(3s), 1, 1}, at(3s));
  step.push(batch);
  CHECK(step.counters().late.get() == 1);
}

TEST_CASE("within the allowed lateness a window corrects its results, and the last is the value") {
  WindowRig rig({.size = 10s, .allowed_lateness = 5s});
  rig.push({{at(1s), 1, 1}, {at(2s), 2, 2}});
  rig.step.watermark(at(12s));
  CHECK(rig.out.take().size() == 2);
  rig.push({{at(3s), 1, 10}, {at(4s), 1, 100}, {at(5s), 3, 7}, {at(13s), 9, 9}});
  auto corrected = rig.out.take();
  std::sort(corrected.begin(), corrected.end(),
            [](const Row& a, const Row& b) { return a.key < b.key; });
  CHECK(corrected == Results{result(1, 0s, 3, 111, 2), result(3, 0s, 1, 7, 1)});
  rig.push({{at(6s), 1, 1000}});
  rig.push({{at(6s), 3, 1}});
  CHECK(rig.out.take() == Results{result(1, 0s, 4, 1111, 3), result(3, 0s, 2, 8, 2)});
  rig.step.watermark(at(15s));  // end + lateness: over
  rig.push({{at(7s), 1, 1}});
  CHECK(rig.out.take().empty());
  CHECK(rig.late.values.size() == 1);
  rig.step.watermark(end_of_time);
  CHECK(rig.out.take() == Results{result(9, 10s, 1, 9)});
}

TEST_CASE("a window that had no record in time fires for its first late one") {
  WindowRig rig({.size = 10s, .allowed_lateness = 60s});
  rig.step.watermark(at(30s));
  rig.push({{at(5s), 1, 1}});
  CHECK(rig.out.take() == Results{result(1, 0s, 1, 1)});
  rig.push({{at(6s), 1, 2}});
  CHECK(rig.out.take() == Results{result(1, 0s, 2, 3, 2)});
}

TEST_CASE("results of a window leave in hash order by default, by key when asked") {
  std::vector<Event> events;
  for (std::uint32_t key = 0; key < 3000; ++key) events.push_back({at(1s), key * 7919u % 3001u, 1});
  const auto keys_of = [&](ResultOrder order, bool backwards) {
    WindowRig rig({.size = 10s, .order = order});
    if (backwards)
      rig.push({events.rbegin(), events.rend()});
    else
      rig.push(events);
    rig.step.watermark(end_of_time);
    std::vector<std::uint32_t> keys;
    for (const Row& r : rig.out.values) keys.push_back(r.key);
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

TEST_CASE("signed keys are ordered as numbers") {
  const auto key = [](const Event& e) { return static_cast<int>(e.key) - 5; };
  WindowRig<decltype(key)> rig({.size = 10s, .order = ResultOrder::key}, key);
  for (std::uint32_t k = 0; k < 10; ++k) rig.push({{at(1s), k, 1}});
  rig.step.watermark(end_of_time);
  REQUIRE(rig.out.values.size() == 10);
  CHECK(rig.out.values.front().key == -5);
  CHECK(rig.out.values.back().key == 4);
}

TEST_CASE("windows far apart cost what their keys cost") {
  WindowRig rig;
  std::vector<Event> events;
  for (int i = 0; i < 1000; ++i)
    events.push_back({at(i % 2 ? i * 1'000'000s : -i * 77'777s), 1, 1});
  rig.push(events);
  CHECK(rig.bed->state.used() < 1000 * 2048);
  rig.step.watermark(end_of_time);
  CHECK(rig.out.values.size() == 1000);
  CHECK(std::is_sorted(rig.out.values.begin(), rig.out.values.end(),
                       [](const Row& a, const Row& b) { return a.window < b.window; }));
  CHECK(rig.bed->state.used() < 16 * 2048);
}

TEST_CASE("a time that is in no whole window makes a dead letter") {
  WindowRig rig;
  rig.push({{start_of_time, 1, 1}, {at(1s), 1, 2}, {end_of_time, 1, 4}});
  rig.step.watermark(end_of_time);
  CHECK(rig.out.values == Results{result(1, 0s, 1, 2)});
  REQUIRE(rig.letters.values.size() == 2);
  CHECK(rig.letters.values[0].reason ==
        "the record's time, -9223372036854775808 us since 1970, is in no window that a Timestamp "
        "can hold; check what event_time returns");
  CHECK(rig.letters.values[0].step == "step");
}

TEST_CASE("state past the limit fails the pipeline with step and size") {
  WindowRig rig({.size = 10s}, &Event::key, std::make_unique<Bed>(64_KiB));
  std::vector<Event> events;
  for (std::uint32_t key = 0; key < 20'000; ++key) events.push_back({at(1s), key, 1});
  try {
    rig.push(events);
    FAIL("nothing was thrown");
  } catch (const Failure& failure) {
    CHECK(failure.error().code() == Errc::limit_exceeded);
    CHECK_THAT(failure.what(), Catch::Contains("step \"step\": its windows hold ") &&
                                   Catch::Contains("limit of 65536 bytes; raise the limit"));
  }
}

TEST_CASE("the state budget gets back what windows held") {
  auto bed = std::make_unique<Bed>();
  Bed& kept = *bed;
  {
    WindowRig rig({.size = 10s}, &Event::key, std::move(bed));
    rig.push({{at(1s), 1, 1}, {at(100s), 1, 1}});
    CHECK(kept.state.used() > 0);
    rig.step.watermark(end_of_time);
    bed = std::move(rig.bed);
  }
  CHECK(kept.state.used() == 0);
}

TEST_CASE("a window of random events is what a map makes of them") {
  for (const std::uint32_t keys : {3u, 700u, 40'000u}) {
    const std::uint64_t seed = keys;
    INFO("seed " << seed);
    SeededRng rng(seed);
    WindowRig rig({.size = 1s});
    std::map<std::tuple<Timestamp, std::uint32_t>, std::pair<std::uint64_t, std::uint64_t>>
        expected;
    std::uint64_t late = 0;
    Timestamp watermark = start_of_time;
    Timestamp latest = at(0s);
    for (int b = 0; b < 400; ++b) {
      std::vector<Event> events;
      for (int i = 0; i < 256; ++i) {
        const Timestamp t = at(Duration(b * 10'000 + static_cast<int>(rng.below(1'300'000))));
        const Event e{t, static_cast<std::uint32_t>(rng.below(keys)),
                      static_cast<std::uint32_t>(rng.below(100))};
        events.push_back(e);
        latest = std::max(latest, t);
        const Timestamp end = std::chrono::floor<std::chrono::seconds>(t) + 1s;
        if (end <= watermark) {
          ++late;
          continue;
        }
        auto& [n, sum] = expected[{end, e.key}];
        ++n;
        sum += e.value;
      }
      rig.push(events);
      watermark = std::max(watermark, latest - Duration(900'000));
      rig.step.watermark(watermark);
    }
    rig.step.watermark(end_of_time);
    CHECK(rig.step.counters().late.get() == late);
    CHECK(rig.late.values.size() == late);
    REQUIRE(rig.out.values.size() == expected.size());
    for (const Row& r : rig.out.values) {
      const auto& [n, sum] = expected.at({r.window.end, r.key});
      REQUIRE(r.value == std::tuple(n, sum));
    }
  }
}

TEST_CASE(
    "a batch that views an array is added as its own records are, to the memory's last byte") {
  for (const std::uint32_t keys : {3u, 40'000u}) {
    for (const Duration span : {Duration(9s), Duration(15s)}) {  // one window, two
      constexpr std::uint32_t n = 4096;
      detail::PageArray<Event> events(n);
      std::vector<Timestamp> times(n);
      SeededRng rng(keys);
      for (std::uint32_t i = 0; i < n; ++i) {
        times[i] = at(span * i / n);
        events[i] = {times[i], static_cast<std::uint32_t>(rng.below(keys)), i};
      }
      WindowRig viewing({.size = 10s});
      WindowRig owning({.size = 10s});
      for (std::uint32_t i = 0; i < n;) {
        const std::uint32_t some = std::min(n - i, 300u);
        Batch<Event> batch(some);
        batch.borrow(&events[i], &times[i], some);
        viewing.step.push(batch);
        owning.push(std::vector<Event>(&events[i], &events[i] + some));
        i += some;
      }
      viewing.step.watermark(end_of_time);
      owning.step.watermark(end_of_time);
      REQUIRE(viewing.out.values.size() == owning.out.values.size());
      for (std::size_t i = 0; i < owning.out.values.size(); ++i)
        if (viewing.out.values[i].value != owning.out.values[i].value) FAIL("result " << i);
    }
  }
}
