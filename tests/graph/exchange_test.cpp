// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/exchange.hpp"

#include "catch.hpp"
#include "graph/batch_of.hpp"

using namespace rig;

namespace {

/// Two channels of an exchange by `v % 2`, whose parcels are laid out in order again.
struct Exchanged {
  struct Channel final : ParcelPort<int> {
    Probe<int> probe;
    std::size_t parcels = 0;
    void send(std::unique_ptr<Parcel<int>>& parcel) override {
      ++parcels;
      std::uint32_t begin = 0;
      Batch<int> some;
      const auto push_to = [&](std::uint32_t end) {
        some.borrow(parcel->batch, begin, end);
        if (!some.empty()) probe.push(some);
        some.clear();
        begin = end;
      };
      for (const auto& mark : parcel->marks) push_to(mark.after), probe.watermark(mark.watermark);
      push_to(parcel->batch.size());
      parcel->clear();
    }
    void push(Batch<int>& batch) override { probe.push(batch); }
    void watermark(Timestamp t) override { probe.watermark(t); }
    void idle() override { probe.idle(); }
    void partition(std::uint32_t i, PartitionEvent event) override { probe.partition(i, event); }
    void barrier(Barrier& b) override { probe.barrier(b); }
    void end() override { probe.end(); }
  };
  Bed bed;
  Channel even, odd;
  Exchange<int, std::size_t (*)(const int&)> exchange{
      bed.lane, [](const int& v) -> std::size_t { return static_cast<std::size_t>(v % 2); }};
  Exchanged() {
    exchange.add_target(even, 2);
    exchange.add_target(odd, 2);
  }
};

}  // namespace

TEST_CASE("an exchange sends each key one way, and no control event overtakes a record") {
  Exchanged to;
  auto batch = batch_of({0, 1, 2, 3, 4});
  to.exchange.push(batch);
  to.exchange.watermark(at(1s));
  CHECK(to.even.probe.events.empty());  // it travels with the records
  to.bed.lane.rest();
  CHECK(to.even.probe.take() == std::vector<int>{0, 2, 4});
  CHECK(to.odd.probe.take() == std::vector<int>{1, 3});
  CHECK(to.even.probe.take_events() == std::vector<std::string>{"r3", "w1000"});
  CHECK(to.odd.probe.take_events() == std::vector<std::string>{"r2", "w1000"});
  Snapshot barrier;
  for (int i = 0; i < 4; ++i) {
    to.exchange.push(batch);
    if (i == 0) to.exchange.idle();
    if (i == 1) to.exchange.partition(0, PartitionEvent::caught_up);
    if (i == 2) to.exchange.barrier(barrier);
    if (i == 3) to.exchange.end();
  }
  CHECK(to.odd.probe.take_events() ==
        std::vector<std::string>{"r2", "idle", "r2", "p0.1", "r2", "barrier", "r2", "end"});
}

TEST_CASE(
    "watermarks stay between the records of an exchange, the last one where none came since") {
  Exchanged to;
  auto batch = batch_of({1, 2, 3});
  auto even = batch_of({4});
  to.exchange.watermark(at(1s));
  to.exchange.watermark(at(2s));
  to.exchange.push(batch);
  to.exchange.watermark(at(3s));
  to.exchange.push(even);
  to.exchange.watermark(at(4s));
  to.exchange.push(batch);
  to.exchange.let_go();
  CHECK(to.even.probe.take_events() ==
        std::vector<std::string>{"w2000", "r1", "w3000", "r1", "w4000", "r1"});
  CHECK(to.odd.probe.take_events() == std::vector<std::string>{"w2000", "r2", "w4000", "r2"});
  CHECK(to.even.parcels == 1);
}

TEST_CASE("a part of an exchange leaves when it has no room for another watermark") {
  Exchanged to;
  auto one = batch_of({1});
  for (std::size_t i = 1; i <= Parcel<int>::most_marks; ++i) {
    CHECK(to.odd.parcels == 0);
    to.exchange.push(one);
    to.exchange.watermark(at(static_cast<int>(i) * 1s));
  }
  CHECK(to.odd.parcels == 1);
  CHECK(to.odd.probe.values.size() == Parcel<int>::most_marks);
  CHECK(to.odd.probe.last_watermark == at(static_cast<int>(Parcel<int>::most_marks) * 1s));
}

TEST_CASE("a channel for which hardly a record comes gets its watermarks all the same") {
  Exchanged to;
  auto first = batch_of({1});
  auto batch = batch_of(std::vector<int>(256, 0));
  to.exchange.push(first);
  int batches = 0;
  for (; to.odd.probe.events.empty() && batches < 1000; ++batches) {
    to.exchange.push(batch);
    to.exchange.watermark(at(batches * 1s));
  }
  CHECK(batches == 64);  // four parts of 2048 for each of the channels
  CHECK(to.odd.probe.take_events() == std::vector<std::string>{"r1", "w62000"});
}

TEST_CASE("a part of an exchange holds the arenas of its own records only, and few of them") {
  Exchanged to;
  ArenaPool pool;
  for (int i = 0; i < 100; ++i) {
    Batch<int> batch;
    batch.hold(pool.take());
    batch.push_back(0, at(0s));
    to.exchange.push(batch);
    CHECK(pool.in_use().bytes <= 6 * ArenaPool::default_size);
  }
  CHECK(to.odd.probe.events.empty());
}
