// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/window_emission.hpp"

#include <string>

#include "catch.hpp"
#include "window_rig.hpp"

using namespace rig;
using Strings = std::vector<std::string>;

namespace {

/// A slow sink: what arrives fills the flow budget until it is let go.
struct Slow final : Port<Row> {
  explicit Slow(Bed& on) : bed(on) {}
  void push(Batch<Row>& batch) override {
    received += batch.size();
    held += batch.held_bytes();
    bed.lane.enqueued(batch.held_bytes());
    queued.push_back(batch.held_bytes());
    most_held = std::max(most_held, held);
  }
  void watermark(Timestamp) override { events.push_back("w"); }
  void idle() override { events.push_back("idle"); }
  void partition(std::uint32_t, PartitionEvent) override { events.push_back("p"); }
  void barrier(Barrier&) override { events.push_back("b" + std::to_string(received)); }
  void end() override { events.push_back("end"); }
  void drain() {
    for (const std::uint64_t bytes : std::exchange(queued, {})) bed.lane.dequeued(bytes);
    held = 0;
  }

  Bed& bed;
  std::size_t received = 0;
  std::uint64_t held = 0;
  std::vector<std::uint64_t> queued;
  std::uint64_t most_held = 0;
  Strings events;
};

template <class Kind = Tumbling>
struct SlowRig {
  explicit SlowRig(ByteSize flow, WindowOptions options = {.size = 10s})
      : bed(std::make_unique<Bed>(1_GiB, flow)),
        step(bed->context(), &Event::key,
             agg::bind<Event>(agg::all(agg::count(), agg::sum(&Event::value))), options),
        slow(*bed) {
    connect(*bed, step, 0, slow);
  }
  void push(std::uint32_t keys, Duration when = 1s) {
    Batch<Event> batch(256);
    for (std::uint32_t k = 0; k < keys; ++k) {
      batch.push_back({at(when), k, 1}, at(when));
      if (!batch.full() && k + 1 < keys) continue;
      step.push(batch);
      batch.clear();
    }
  }
  std::unique_ptr<Bed> bed;
  typename WindowRig<std::uint32_t Event::*, Kind>::Step step;
  Slow slow;
};

}  // namespace

TEST_CASE("a million keys firing into a stalled sink stay within the budget and one batch") {
  SlowRig<> rig(256_KiB);
  rig.push(1'000'000);
  rig.step.watermark(at(10s));
  rig.step.end();
  CHECK(rig.bed->lane.holds_emissions());
  CHECK(rig.slow.events.empty());
  std::size_t turns = 0;
  while (!rig.bed->lane.resume_emissions()) {
    rig.slow.drain();
    ++turns;
  }
  CHECK(rig.slow.received == 1'000'000);
  CHECK(turns > 100);
  CHECK(rig.slow.most_held <= 256 * 1024 + 256 * (sizeof(Row) + sizeof(Timestamp)));
  CHECK(rig.slow.events == Strings{"w", "end"});
}

TEST_CASE("control events wait for the results before them, in their order") {
  SlowRig<> rig(1_B);
  rig.push(1000);
  rig.step.watermark(at(10s));
  rig.step.idle();
  rig.step.partition(3, PartitionEvent::ended);
  rig.step.watermark(at(11s));
  CHECK(rig.slow.received == 256);
  CHECK(rig.slow.events.empty());
  while (!rig.bed->lane.resume_emissions()) rig.slow.drain();
  CHECK(rig.slow.received == 1000);
  CHECK(rig.slow.events == Strings{"w", "idle", "p", "w"});
}

TEST_CASE("a barrier makes held results leave before it") {
  SlowRig<> rig(1_B);
  rig.push(1000);
  rig.step.watermark(at(10s));
  Snapshot snapshot;
  rig.step.barrier(snapshot);
  CHECK(rig.slow.events == Strings{"w", "b1000"});
  CHECK(snapshot.items.size() == 1);
  rig.slow.drain();
  CHECK(rig.bed->lane.resume_emissions());
}

TEST_CASE("records that come while results are held are kept for their windows") {
  for (const Duration lateness : {Duration(0), Duration(60s)}) {
    SlowRig<> rig(1_B, {.size = 10s, .allowed_lateness = lateness});
    rig.push(1000);
    rig.step.watermark(at(10s));
    rig.push(500, 12s);
    if (lateness > Duration(0)) rig.push(3, 4s);
    rig.step.watermark(end_of_time);
    while (!rig.bed->lane.resume_emissions()) rig.slow.drain();
    CHECK(rig.slow.received == (lateness > Duration(0) ? 1503 : 1500));
  }
}

TEST_CASE("with credit everything leaves at once") {
  SlowRig<> rig(1_GiB);
  rig.push(1000);
  rig.step.watermark(at(10s));
  CHECK(rig.slow.received == 1000);
  CHECK_FALSE(rig.bed->lane.holds_emissions());
}

TEST_CASE("sliding windows of many keys, too, stay within the budget and one batch") {
  SlowRig<Sliding> rig(256_KiB, {.size = 10s, .slide = 5s});
  rig.push(200'000);
  rig.push(100'000, 6s);
  rig.step.watermark(at(15s));
  CHECK(rig.bed->lane.holds_emissions());
  while (!rig.bed->lane.resume_emissions()) rig.slow.drain();
  CHECK(rig.slow.received == 200'000 + 200'000 + 100'000);  // that end at 5 s, 10 s and 15 s
  CHECK(rig.slow.most_held <= 256 * 1024 + 256 * (sizeof(Row) + sizeof(Timestamp)));
  CHECK(rig.slow.events == Strings{"w"});
}

TEST_CASE("a record that comes while sliding windows are held back is in none of them") {
  SlowRig<Sliding> rig(1_B, {.size = 10s, .slide = 5s});
  rig.push(1000);
  rig.step.watermark(at(10s));
  CHECK(rig.slow.received < 1000);
  rig.push(2000, 6s);  // too late for the windows that end at 5 s and 10 s, in time for 15 s
  rig.slow.drain();
  while (!rig.bed->lane.resume_emissions()) rig.slow.drain();
  CHECK(rig.slow.received == 2 * 1000);
  rig.step.watermark(at(15s));
  while (!rig.bed->lane.resume_emissions()) rig.slow.drain();
  CHECK(rig.slow.received == 2 * 1000 + 2000);
  rig.step.watermark(at(20s));
  while (!rig.bed->lane.resume_emissions()) rig.slow.drain();
  CHECK(rig.slow.received == 2 * 1000 + 2000);
}
