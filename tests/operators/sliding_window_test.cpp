// SPDX-License-Identifier: BSL-1.0
#include <map>
#include <string>
#include <tuple>

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
