// SPDX-License-Identifier: BSL-1.0
// What sliding windows save, and what they go on from.
#include <string>

#include "catch.hpp"
#include "window_rig.hpp"

using namespace rig;
using SlidingRig = WindowRig<std::uint32_t Event::*, Sliding>;

namespace {

const WindowOptions ten_by_two{.size = 10s, .slide = 2s, .allowed_lateness = 30s};

std::vector<Event> many(Duration time, std::uint32_t keys) {
  std::vector<Event> events;
  for (std::uint32_t k = 0; k < keys; ++k) events.push_back({at(time), k, k});
  return events;
}

}  // namespace

TEST_CASE("sliding windows go on from saved state with the same results, fire counts included") {
  SlidingRig before(ten_by_two);
  before.push(many(1s, 1000));
  before.push(many(12s, 300));
  before.step.watermark(at(15s));
  before.push(many(3s, 5));
  before.push({{at(11s), 5000, 1}});  // a window has fired before it came
  const auto items = before.save();
  CHECK(before.out.events.back() == "barrier");

  SlidingRig after(ten_by_two);
  after.load(items);
  CHECK(after.bed->state.used() > 0);
  before.out.take();
  for (SlidingRig* rig : {&before, &after}) {
    rig->push(many(4s, 7));
    rig->push({{at(11s), 5000, 1}});
    rig->push(many(13s, 400));
    rig->step.watermark(end_of_time);
  }
  CHECK(after.out.values == before.out.values);
  const auto third = [](const Row& r) { return r.fire == 3; };
  CHECK(std::count_if(after.out.values.begin(), after.out.values.end(), third) > 5);
}

TEST_CASE("sliding windows are saved in a piece per key group") {
  SlidingRig whole(ten_by_two);
  whole.push(many(1s, 1000));
  whole.step.watermark(at(3s));
  whole.push(many(1s, 1000));
  const auto items = whole.save();
  CHECK(items.size() == key_groups + 1);
  SlidingRig halves[2]{SlidingRig(ten_by_two), SlidingRig(ten_by_two)};
  for (const StateItem& item : items)
    for (const std::uint32_t i : {0u, 1u})
      if (item.group == StateItem::every_subtask || item.group % 2 == i) halves[i].load({item});
  std::size_t results = 0;
  for (const std::uint32_t i : {0u, 1u}) {
    halves[i].step.watermark(end_of_time);
    for (const Row& r : halves[i].out.values) CHECK(key_group(r.key) % 2 == i);
    results += halves[i].out.values.size();
  }
  CHECK(results == 4 * 1000);  // the window that ends at 2 s has fired
}

TEST_CASE("windows of another size or slide are refused with the reason") {
  SlidingRig rig(ten_by_two);
  rig.push(many(1s, 1));
  const auto items = rig.save();
  CHECK(rig.step.state_schema() ==
        "sliding_window{key:u32,state:tuple{count{u64},tuple{sum{u64},bytes<1>}}}");
  SlidingRig slower({.size = 10s, .slide = 5s});
  CHECK(slower.step.load(items[0]).error().message() ==
        "the snapshot's windows are 10000000 us long (every 2000000 us), the step's 10000000 us "
        "(every 5000000 us); give the changed step a new name");
  SlidingRig longer({.size = 20s, .slide = 2s});
  CHECK(longer.step.load(items[0]).error().code() == Errc::unsupported);
  WindowRig tumbling({.size = 10s});
  CHECK(tumbling.step.load(items[0]).error().message() ==
        "the snapshot's windows are 10000000 us long (every 2000000 us), the step's 10000000 us; "
        "give the changed step a new name");
  tumbling.push(many(1s, 1));
  CHECK(rig.step.load(tumbling.save()[0]).error().message() ==
        "the snapshot's windows are 10000000 us long, the step's 10000000 us (every 2000000 us); "
        "give the changed step a new name");
}

TEST_CASE("sliding windows as long as their slide go on from what tumbling ones saved") {
  WindowRig tumbling({.size = 10s});
  tumbling.push(many(1s, 100));
  SlidingRig sliding({.size = 10s, .slide = 10s});
  sliding.load(tumbling.save());
  sliding.step.watermark(end_of_time);
  tumbling.step.watermark(end_of_time);
  CHECK(sliding.out.values == tumbling.out.values);
}

TEST_CASE("a sliding subtask that was behind gives what it owed to one that was ahead") {
  const WindowOptions options{.size = 4s, .slide = 2s, .order = ResultOrder::key};
  SlidingRig ahead(options);
  SlidingRig behind(options);
  ahead.push({{at(1s), 1, 1}, {at(3s), 1, 2}});
  behind.push({{at(1s), 2, 1}, {at(3s), 2, 2}});
  ahead.step.watermark(at(4s));
  behind.step.watermark(at(2s));
  SlidingRig after(options);
  after.load(behind.save());
  after.load(ahead.save());
  after.step.watermark(end_of_time);
  const auto row = [](std::uint32_t key, Duration end, std::uint64_t n, std::uint64_t sum) {
    return Row{key, {at(end - 4s), at(end)}, {n, sum}, 1};
  };
  CHECK(after.out.values == std::vector{row(2, 4s, 2, 3), row(1, 6s, 1, 2), row(2, 6s, 1, 2)});
}

TEST_CASE("cut or damaged state of sliding windows is an error, never a crash") {
  SlidingRig rig(ten_by_two);
  rig.push(many(1s, 300));
  rig.step.watermark(at(7s));
  rig.push(many(3s, 50));
  const auto items = rig.save();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    for (std::size_t n = 0; n < items[i].bytes.size(); ++n) {
      SlidingRig cut(ten_by_two);
      StateItem item = items[i];
      item.bytes.resize(n);
      if (cut.step.load(item)) cut.step.watermark(end_of_time);
      for (const int flip : {0x01, 0x40, 0x80, 0xFF}) {
        SlidingRig damaged(ten_by_two);
        item = items[i];
        item.bytes[n] = static_cast<char>(item.bytes[n] ^ flip);
        (void)damaged.step.regroups(item);
        const auto loaded = damaged.step.load(item);
        if (loaded) {
          damaged.step.watermark(end_of_time);
        } else {
          ++refused;
          const Errc code = loaded.error().code();
          CHECK((code == Errc::corrupted || code == Errc::unsupported));
        }
      }
    }
  }
  CHECK(refused > 1000);
}
