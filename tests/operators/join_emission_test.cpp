// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/join_emission.hpp"

#include <stdexcept>

#include "catch.hpp"
#include "join_rig.hpp"

using namespace rig;
using Strings = std::vector<std::string>;

namespace {

/// A slow sink: what arrives fills the flow budget until it is let go.
template <class T>
struct Slow final : Port<T> {
  explicit Slow(Bed& on) : bed(on) {}
  void push(Batch<T>& batch) override {
    received += batch.size();
    held += batch.held_bytes();
    bed.lane.enqueued(batch.held_bytes());
    queued.push_back(batch.held_bytes());
    most_held = std::max(most_held, held);
  }
  void watermark(Timestamp) override { events.emplace_back("w" + std::to_string(received)); }
  void idle() override { events.emplace_back("idle"); }
  void partition(std::uint32_t, PartitionEvent) override { events.emplace_back("p"); }
  void barrier(Barrier&) override { events.emplace_back("b" + std::to_string(received)); }
  void end() override { events.emplace_back("end"); }
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

auto numbers() {
  return pairs<detail::Outer::none>([](const Click& c, const Order&) { return c.number; });
}
using Row = Windowed<std::uint32_t, std::int32_t>;
constexpr std::size_t batch_bytes = 256 * (sizeof(Row) + sizeof(Timestamp));

/// Joins into a sink that takes nothing by itself.
struct SlowJoin {
  explicit SlowJoin(ByteSize flow, WindowOptions options = {.size = 10s})
      : rig(join_of(numbers(), options, std::make_unique<Bed>(1_GiB, flow))), slow(*rig.bed) {
    connect(*rig.bed, rig.step, 0, slow);
  }
  /// For each of so many keys so many records of each side.
  void push(std::uint32_t keys, int each_side, Duration when = 1s) {
    for (std::uint32_t user = 0; user < keys; ++user) {
      std::vector<std::pair<Duration, Click>> clicks;
      std::vector<std::pair<Duration, Order>> orders;
      for (int i = 0; i < each_side; ++i) {
        clicks.push_back({when, {user, i}});
        orders.push_back({when, {user, "a"}});
      }
      rig.push_left(clicks);
      rig.push_right(orders);
    }
  }
  std::size_t drain_all() {
    std::size_t turns = 0;
    while (!rig.bed->lane.resume_emissions()) {
      slow.drain();
      ++turns;
    }
    return turns;
  }
  JoinRig<decltype(numbers())> rig;
  Slow<Row> slow;
};

}  // namespace

TEST_CASE("a million pairs of one key into a stalled sink stay within the budget and one batch") {
  SlowJoin join(256_KiB);
  join.push(1, 1000);
  join.rig.watermark(at(10s));
  join.rig.left().end();
  join.rig.right().end();
  CHECK(join.rig.bed->lane.holds_emissions());
  CHECK(join.slow.events.empty());
  CHECK(join.slow.received < 10'000);
  CHECK(join.drain_all() > 100);
  CHECK(join.slow.received == 1'000'000);
  CHECK(join.slow.most_held <= 256 * 1024 + batch_bytes);
  CHECK(join.slow.events == Strings{"w1000000", "end"});
}

TEST_CASE("a million pairs of many keys into a stalled sink do so, too") {
  SlowJoin join(256_KiB);
  join.push(10'000, 10);
  join.rig.watermark(at(10s));
  CHECK(join.drain_all() > 100);
  CHECK(join.slow.received == 1'000'000);
  CHECK(join.slow.most_held <= 256 * 1024 + batch_bytes);
}

TEST_CASE("control events wait for the pairs before them, in their order") {
  SlowJoin join(1_B);
  join.push(1, 100);
  join.rig.watermark(at(10s));
  join.rig.left().idle();
  join.rig.right().idle();
  join.rig.left().partition(3, PartitionEvent::ended);
  join.rig.watermark(at(11s));
  CHECK(join.slow.received == 256);
  CHECK(join.slow.events.empty());
  join.drain_all();
  CHECK(join.slow.events == Strings{"w10000", "idle", "p", "w10000"});
}

TEST_CASE("a barrier makes the pairs that are held back leave before it") {
  SlowJoin join(1_B);
  join.push(1, 100);
  join.rig.watermark(at(10s));
  const auto items = join.rig.save();
  CHECK(join.slow.events == Strings{"w10000", "b10000"});
  CHECK(items.size() == 1);
  join.slow.drain();
  CHECK(join.rig.bed->lane.resume_emissions());
}

TEST_CASE("records that come while pairs are held back are kept for their windows") {
  for (const Duration lateness : {Duration(0), Duration(60s)}) {
    SlowJoin join(1_B, {.size = 10s, .allowed_lateness = lateness});
    join.push(1, 100);
    join.rig.watermark(at(10s));
    join.push(2, 5, 12s);
    if (lateness > Duration(0)) join.rig.push_left({{4s, {0, 7}}});
    join.rig.watermark(at(20s));
    join.drain_all();
    // The late one brings all pairs of its key again.
    CHECK(join.slow.received == (lateness > Duration(0) ? 10'000 + 10'100 + 50 : 10'000 + 50));
  }
}

TEST_CASE("pairs that are all rejected wait for room, too") {
  auto rig = join_of(pairs<detail::Outer::none>([](const Click&, const Order&) -> int {
                       throw std::runtime_error("none fits");
                     }),
                     {.size = 10s}, std::make_unique<Bed>(1_GiB, 1_B));
  Slow<DeadLetter> slow(*rig.bed);
  connect(*rig.bed, rig.step, 1, slow);
  std::vector<std::pair<Duration, Click>> clicks;
  for (int i = 0; i < 100; ++i) clicks.push_back({1s, {1, i}});
  rig.push_left(clicks);
  rig.push_right({{1s, {1, "a"}}, {1s, {1, "b"}}});
  rig.watermark(at(10s));
  CHECK(rig.bed->lane.holds_emissions());
  CHECK(slow.received < 100);
  while (!rig.bed->lane.resume_emissions()) slow.drain();
  CHECK(slow.received == 400);
}
