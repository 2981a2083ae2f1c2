// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/window_state.hpp"

#include <string>

#include "catch.hpp"
#include "window_rig.hpp"

using namespace rig;

namespace {

std::vector<Event> many(Duration start, std::uint32_t keys) {
  std::vector<Event> events;
  for (std::uint32_t k = 0; k < keys; ++k) events.push_back({at(start), k, k});
  return events;
}

template <class Rig>
void push_all(Rig& rig) {
  rig.push(many(1s, 1000));
  rig.push(many(12s, 300));
  rig.step.watermark(at(12s));
  rig.push(many(3s, 5));
}

}  // namespace

TEST_CASE("a window goes on from saved state with the same results, fire counts included") {
  const WindowOptions options{.size = 10s, .allowed_lateness = 30s};
  WindowRig before(options);
  push_all(before);
  const auto items = before.save();
  CHECK(before.out.events.back() == "barrier");

  WindowRig after(options);
  after.load(items);
  CHECK(after.bed->state.used() > 0);
  before.out.take();
  for (WindowRig<>* rig : {&before, &after}) {
    rig->push(many(4s, 7));
    rig->push(many(13s, 400));
    rig->step.watermark(end_of_time);
  }
  CHECK(after.out.values == before.out.values);
  const auto third = [](const Row& r) { return r.fire == 3; };
  CHECK(std::count_if(after.out.values.begin(), after.out.values.end(), third) == 5);
}

TEST_CASE("state is saved in a piece per key group, which may go to different subtasks") {
  WindowRig whole;
  whole.push(many(1s, 1000));
  const auto items = whole.save();
  CHECK(items.size() == key_groups + 1);
  CHECK(items[0].group == StateItem::every_subtask);
  WindowRig<> halves[2];
  for (const StateItem& item : items) {
    if (item.group == StateItem::every_subtask) {
      for (auto& half : halves) half.load({item});
    } else {
      halves[item.group % 2].load({item});
    }
  }
  std::size_t results = 0;
  for (std::uint32_t i : {0u, 1u}) {
    halves[i].step.watermark(end_of_time);
    for (const Row& r : halves[i].out.values) {
      CHECK(key_group(r.key) % 2 == i);
      ++results;
    }
  }
  CHECK(results == 1000);
}

TEST_CASE("the watermark is part of the state, so that a window does not fire twice") {
  WindowRig before;
  before.push(many(1s, 2));
  before.step.watermark(at(10s));
  WindowRig after;
  after.load(before.save());
  after.push(many(2s, 2));
  CHECK(after.late.values.size() == 2);
}

TEST_CASE("text keys and states that are no plain bytes are saved too") {
  struct Named {
    Timestamp time;
    std::string name;
  };
  using Max = agg::Bound<Named, decltype(agg::max(&Named::name))>;
  using Step = WindowStep<Named, std::string Named::*, Max>;
  Bed bed;
  Step before(bed.context(), &Named::name, agg::bind<Named>(agg::max(&Named::name)), {.size = 10s});
  Batch<Named> batch;
  for (const char* name : {"", "short", "a name that is long enough to be on the heap"})
    batch.push_back({at(1s), name}, at(1s));
  before.push(batch);
  Snapshot snapshot;
  before.barrier(snapshot);
  Step after(bed.context(), &Named::name, agg::bind<Named>(agg::max(&Named::name)), {.size = 10s});
  for (const StateItem& item : snapshot.items) after.load(item).value();
  Probe<Step::Out> out;
  connect(bed, after, 0, out);
  after.watermark(end_of_time);
  REQUIRE(out.values.size() == 3);
  for (const auto& r : out.values) CHECK(r.key == r.value);
}

TEST_CASE("state of another window or aggregation is refused with the reason") {
  WindowRig rig;
  rig.push(many(1s, 1));
  const auto items = rig.save();
  WindowRig longer({.size = 20s});
  CHECK(longer.step.load(items[0]).error().message() ==
        "the snapshot's windows are 10000000 us long, the step's 20000000 us; give the changed "
        "step a new name");
  Bed bed;
  using Counting = WindowStep<Event, std::uint32_t Event::*, agg::Bound<Event, agg::detail::Count>>;
  Counting counting(bed.context(), &Event::key, agg::bind<Event>(agg::count()), {.size = 10s});
  CHECK(counting.load(items[0]).error().message() ==
        "the aggregation's state was written as tuple{count{u64},tuple{sum{u64},bytes<1>}}, this "
        "program has count{u64}: tuple{count{u64},tuple{sum{u64},bytes<1>}} became count{u64}; "
        "fields of a described struct may come and go, and numbers widen: keep the old type "
        "otherwise, or give the changed step a new name");
  StateItem newer = items[0];
  newer.bytes[0] = 9;
  CHECK(rig.step.load(newer).error().message() ==
        "a window's state has format 9, this program reads 1 to 3; use the newer program");
}

TEST_CASE("cut or damaged state is an error, never a crash") {
  WindowRig rig({.size = 10s, .allowed_lateness = 30s});
  push_all(rig);
  const auto items = rig.save();
  const std::size_t header = items[0].bytes.size();
  for (const StateItem& item : items) {
    for (std::size_t n = 0; n < item.bytes.size(); ++n) {
      WindowRig fresh({.size = 10s, .allowed_lateness = 30s});
      StateItem cut = item;
      cut.bytes.resize(n);
      (void)fresh.step.load(cut);
    }
    StateItem off_grid = item;
    if (item.group == StateItem::every_subtask) continue;
    off_grid.bytes[header + 1] = static_cast<char>(off_grid.bytes[header + 1] + 1);
    WindowRig fresh;
    CHECK(fresh.step.load(off_grid).error().code() == Errc::corrupted);
    if (item.group > 8) break;
  }
}

TEST_CASE("subtasks whose watermarks differed become one that gives each result once") {
  for (const bool ahead_first : {false, true}) {
    for (const Duration lateness : {Duration(0), Duration(60s)}) {
      INFO("ahead first " << ahead_first << ", lateness " << lateness.count());
      const WindowOptions options{
          .size = 10s, .allowed_lateness = lateness, .order = ResultOrder::key};
      WindowRig ahead(options);
      WindowRig behind(options);
      ahead.push({{at(1s), 1, 1}, {at(11s), 1, 2}, {at(21s), 1, 4}});
      behind.push({{at(1s), 2, 1}, {at(11s), 2, 2}, {at(21s), 2, 4}});
      ahead.step.watermark(at(20s));
      behind.step.watermark(at(10s));
      CHECK(ahead.out.take().size() == 2);
      CHECK(behind.out.take().size() == 1);
      WindowRig after(options);
      for (WindowRig<>* part : {ahead_first ? &ahead : &behind, ahead_first ? &behind : &ahead})
        after.load(part->save());
      Snapshot snapshot;
      after.step.barrier(snapshot);  // of what is owed nothing is saved
      CHECK(after.out.take() == std::vector{result(2, 10s, 1, 2)});
      after.step.watermark(end_of_time);
      CHECK(after.out.take() == std::vector{result(1, 20s, 1, 4), result(2, 20s, 1, 4)});
    }
  }
}
