// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/event_time.hpp"

#include <stdexcept>
#include <string>

#include "catch.hpp"
#include "rig.hpp"

using namespace rig;
using Strings = std::vector<std::string>;

namespace {

Timestamp time_of(int seconds) {
  if (seconds == 13) throw std::runtime_error("unlucky");
  return at(std::chrono::seconds(seconds));
}

struct Clocks {
  explicit Clocks(Duration idle = {})
      : Clocks(watermark::bounded_out_of_orderness(5s).idle_after(idle)) {}
  explicit Clocks(watermark::BoundedOutOfOrderness strategy)
      : step(bed.context(), &time_of, strategy) {
    connect(bed, step, 0, out);
    connect(bed, step, 1, letters);
  }
  void push(std::uint32_t partition, std::vector<int> seconds) {
    Batch<int> batch(8);
    for (const int s : seconds) batch.push_back(s, at(0s));
    batch.set_partition(partition);
    step.push(batch);
  }
  void on(std::uint32_t partition, PartitionEvent event) { step.partition(partition, event); }
  void tick(Duration since_start) { step.tick(MonotonicTime(since_start + 1h)); }
  Strings events() {
    Strings all = out.take_events();
    std::erase_if(all, [](const std::string& e) { return e[0] == 'p'; });
    return all;
  }

  Bed bed;
  EventTimeStep<int, decltype(&time_of)> step;
  Probe<int> out;
  Probe<DeadLetter> letters;
};

}  // namespace

TEST_CASE("event_time stamps records, sets the batch's bounds and trails by the delay") {
  Clocks c;
  struct Bounds final : Port<int> {
    Timestamp low, high;
    void push(Batch<int>& b) override { low = b.min_time(), high = b.max_time(); }
    void watermark(Timestamp) override {}
    void idle() override {}
    void partition(std::uint32_t, PartitionEvent) override {}
    void barrier(Barrier&) override {}
    void end() override {}
  } bounds;
  connect(c.bed, c.step, 0, bounds);
  c.push(0, {10, 7, 12});
  CHECK(c.out.times == std::vector<Timestamp>{at(10s), at(7s), at(12s)});
  CHECK(bounds.low == at(7s));
  CHECK(bounds.high == at(12s));
  CHECK(c.events() == Strings{"r3", "w7000"});
}

TEST_CASE("the watermark never goes back and leaves at most once a batch") {
  Clocks c;
  c.push(0, {20});
  c.push(0, {11, 12});
  c.push(0, {20});
  c.push(0, {21});
  CHECK(c.events() == Strings{"r1", "w15000", "r2", "r1", "r1", "w16000"});
}

TEST_CASE("a borrowed batch keeps its values where they are") {
  Clocks c;
  const int seconds[] = {1, 2, 3};
  const Timestamp none[3] = {};
  Batch<int> batch(8);
  batch.borrow(seconds, none, 3);
  c.step.push(batch);
  CHECK(batch.values() == seconds);
  CHECK(none[0] == Timestamp{});
  CHECK(c.out.times.back() == at(3s));
}

TEST_CASE("the slowest partition holds the watermark; an opened one without records does, too") {
  Clocks c;
  c.on(0, PartitionEvent::opened);
  c.on(1, PartitionEvent::opened);
  c.push(0, {100});
  CHECK(c.events() == Strings{"r1"});
  c.push(1, {50});
  CHECK(c.events() == Strings{"r1", "w45000"});
  c.push(1, {90});
  CHECK(c.events() == Strings{"r1", "w85000"});
  c.push(1, {200});
  CHECK(c.events() == Strings{"r1", "w95000"});
}

TEST_CASE("a partition that has ended no longer counts") {
  Clocks c;
  c.push(0, {100});
  c.on(1, PartitionEvent::opened);
  c.push(1, {98});
  CHECK(c.events() == Strings{"r1", "w95000", "r1"});
  c.push(0, {300});
  c.on(1, PartitionEvent::ended);
  CHECK(c.events() == Strings{"r1", "w295000"});
}

TEST_CASE("a partition that was empty at start and has caught up is idle at once") {
  Clocks c;
  c.on(0, PartitionEvent::opened);
  c.on(1, PartitionEvent::opened);
  c.push(0, {100});
  c.on(1, PartitionEvent::caught_up);
  CHECK(c.events() == Strings{"r1", "w95000"});
  c.on(0, PartitionEvent::caught_up);  // it had records: only silence makes it idle
  CHECK(c.events().empty());
  c.push(1, {10});  // rejoins, and does not take the watermark back
  c.push(0, {200});
  CHECK(c.events() == Strings{"r1", "r1"});
  c.push(1, {150});
  CHECK(c.events() == Strings{"r1", "w145000"});
}

TEST_CASE("with wait_for_empty a partition that was empty at start is waited for, for idle_after") {
  Clocks c(watermark::bounded_out_of_orderness(5s).idle_after(30s).wait_for_empty());
  for (const std::uint32_t p : {0u, 1u, 2u}) c.on(p, PartitionEvent::opened);
  c.on(1, PartitionEvent::caught_up);
  c.on(2, PartitionEvent::caught_up);
  c.push(0, {100});
  c.tick(0s);
  c.push(1, {80});
  c.push(0, {101});
  c.tick(29s);
  c.push(0, {102});
  c.push(1, {81});
  CHECK(c.events() == Strings{"r1", "r1", "r1", "r1", "r1"});
  c.tick(30s);  // partition 2 has said nothing for 30 s
  CHECK(c.events() == Strings{"w76000"});
}

TEST_CASE("silence longer than idle_after makes a partition idle, and all of them the stream") {
  Clocks c(30s);
  c.push(0, {100});
  c.push(1, {20});
  CHECK(c.events() == Strings{"r1", "w95000", "r1"});
  c.tick(0s);
  c.tick(20s);
  c.push(0, {110});
  c.tick(25s);
  CHECK(c.events() == Strings{"r1"});
  c.tick(30s);  // partition 1 has said nothing for 30 s
  CHECK(c.events() == Strings{"w105000"});
  c.tick(55s);
  CHECK(c.events() == Strings{"idle"});
  c.tick(90s);
  CHECK(c.events().empty());
  c.push(1, {120});
  CHECK(c.events() == Strings{"r1", "w115000"});
  CHECK(c.bed.lane.tickers().size() == 1);
}

TEST_CASE("all partitions idle, also in one tick: the watermark is that of the farthest") {
  Clocks c(30s);
  c.on(0, PartitionEvent::opened);
  c.on(1, PartitionEvent::opened);
  c.push(0, {100});
  c.push(1, {20});
  CHECK(c.events() == Strings{"r1", "r1", "w15000"});
  c.tick(0s);
  c.tick(30s);
  CHECK(c.events() == Strings{"w95000", "idle"});
  c.push(1, {90});  // it does not go back
  c.push(0, {150});
  CHECK(c.events() == Strings{"r1", "r1"});
  c.push(1, {140});
  CHECK(c.events() == Strings{"r1", "w135000"});
  c.tick(60s);
  c.tick(90s);
  CHECK(c.events() == Strings{"w145000", "idle"});
}

TEST_CASE("without idle_after a silent partition holds the watermark for ever") {
  Clocks c;
  c.push(0, {100});
  c.push(1, {20});
  c.push(0, {500});
  c.events();
  c.tick(1h);
  CHECK(c.events().empty());
  CHECK(c.bed.lane.tickers().empty());
}

TEST_CASE("only the last watermark comes through from upstream, and the end") {
  Clocks c;
  c.push(0, {100});
  c.step.watermark(at(400s));
  c.step.watermark(end_of_time);
  c.step.end();
  CHECK(c.events() == Strings{"r1", "w95000", "w:end", "end"});
}

TEST_CASE("a time function that throws makes a dead letter and does not move the watermark") {
  Clocks c;
  c.push(0, {8, 13, 9});
  CHECK(c.out.values == std::vector<int>{8, 9});
  CHECK(c.out.times == std::vector<Timestamp>{at(8s), at(9s)});
  REQUIRE(c.letters.values.size() == 1);
  CHECK(c.letters.values[0].reason == "the step's function threw: unlucky");
  c.push(0, {13});
  CHECK(c.events() == Strings{"r2", "w4000"});
  CHECK(c.step.counters().errors.get() == 2);
}

TEST_CASE("records without a time leave a borrowed batch, whose owner keeps them") {
  Clocks c;
  const int seconds[] = {8, 13, 9, 13};
  const Timestamp none[4] = {};
  Batch<int> batch(8);
  for (int round = 0; round < 2; ++round) {
    batch.borrow(seconds, none, 4);
    c.step.push(batch);
    CHECK(c.out.take() == std::vector<int>{8, 9});
    CHECK(c.out.times.back() == at(9s));
    batch.clear();
  }
  CHECK(seconds[1] == 13);
  CHECK(c.letters.values.size() == 4);
}

TEST_CASE("per-partition times and idleness are saved and go on") {
  Clocks before;
  before.push(0, {100});
  before.on(1, PartitionEvent::caught_up);
  before.push(2, {80});
  Snapshot snapshot;
  before.step.barrier(snapshot);
  REQUIRE(snapshot.items.size() == 1);

  Clocks after;
  after.step.load(snapshot.items[0]).value();
  for (const std::uint32_t p : {0u, 1u, 2u}) after.on(p, PartitionEvent::opened);
  after.push(0, {101});
  CHECK(after.out.last_watermark == at(75s));
  after.push(2, {200});
  CHECK(after.out.last_watermark == at(96s));

  CHECK(after.step.load({.bytes = "\x07"}).error().message() ==
        "event time's state has format 7, this program reads format 2; use the program "
        "that wrote it");
  StateItem cut = snapshot.items[0];
  cut.bytes.pop_back();
  CHECK(after.step.load(cut).error().code() == Errc::corrupted);
}

TEST_CASE("what a subtask carries of partitions that are not its own does not undo the owner's") {
  // One subtask, with partition 0 idle.
  Clocks one(30s);
  one.push(0, {100});
  one.push(1, {100});
  one.tick(0s);
  one.push(1, {101});
  one.tick(30s);
  one.tick(31s);
  Snapshot first;
  one.step.barrier(first);

  // Two of them: partition 0 wakes up at the first, the second has nothing but partition 1.
  Clocks left(30s);
  Clocks right(30s);
  for (Clocks* c : {&left, &right}) c->step.load(first.items[0]).value();
  left.on(0, PartitionEvent::opened);
  left.push(0, {102});
  right.on(1, PartitionEvent::opened);
  right.push(1, {103});
  Snapshot second;
  left.step.barrier(second);
  right.step.barrier(second);
  REQUIRE(second.items.size() == 2);

  // One again, whichever it hears first: partition 0 is awake and holds the watermark back.
  for (const std::size_t order : {0u, 1u}) {
    Clocks again(30s);
    again.step.load(second.items[order]).value();
    again.step.load(second.items[1 - order]).value();
    again.on(0, PartitionEvent::opened);
    again.on(1, PartitionEvent::opened);
    again.push(1, {500});
    CHECK(again.events() == Strings{"r1", "w97000"});
    again.push(0, {300});
    CHECK(again.events() == Strings{"r1", "w295000"});
  }
}
