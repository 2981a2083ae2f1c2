// SPDX-License-Identifier: BSL-1.0
// The steps without state of their own: what they do to values, times, bounds and bytes.
#include <string>

#include "catch.hpp"
#include "millrace/core/message.hpp"
#include "millrace/operators/encode.hpp"
#include "millrace/operators/filter.hpp"
#include "millrace/operators/flat_map.hpp"
#include "millrace/operators/fuse.hpp"
#include "millrace/operators/map.hpp"
#include "millrace/operators/merge.hpp"
#include "millrace/operators/process.hpp"
#include "millrace/operators/split.hpp"
#include "millrace/operators/update.hpp"
#include "operators/rig.hpp"

using namespace rig;

namespace {

Batch<int> numbers(int n) {
  Batch<int> batch;
  for (int i = 0; i < n; ++i) batch.push_back(i, at(i * 1s));
  batch.set_bounds(at(0s), at((n - 1) * 1s));
  batch.set_partition(3);
  return batch;
}

/// Keeps owned copies of text, and looks at each batch as it comes.
struct TextProbe final : Port<Message> {
  std::vector<std::string> values;
  std::vector<std::string> keys;
  void push(Batch<Message>& batch) override {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      values.push_back(batch[i].data.str());
      keys.push_back(batch[i].key.str());
    }
  }
  void watermark(Timestamp) override {}
  void idle() override {}
  void partition(std::uint32_t, PartitionEvent) override {}
  void barrier(Barrier&) override {}
  void end() override {}
};

struct BoundsProbe final : Port<int> {
  Timestamp low = end_of_time;
  Timestamp high = start_of_time;
  std::uint32_t partition_seen = 0;
  bool borrowed = false;
  void push(Batch<int>& batch) override {
    low = batch.min_time(), high = batch.max_time();
    partition_seen = batch.partition();
    borrowed = batch.borrowed();
  }
  void watermark(Timestamp) override {}
  void idle() override {}
  void partition(std::uint32_t, PartitionEvent) override {}
  void barrier(Barrier&) override {}
  void end() override {}
};

int no_threes(const int& v) {
  if (v % 3 == 0) throw std::runtime_error("three");
  return v;
}

}  // namespace

TEST_CASE("map keeps order and times; records that throw go, with their bytes, to the letters") {
  Bed bed;
  auto label = [](const int& v) { return "n" + std::to_string(no_threes(v)); };
  detail::MapStep<int, std::string, decltype(label)> step(bed.context(), label,
                                                          OnError::dead_letter);
  Probe<std::string> out;
  Probe<DeadLetter> letters;
  connect(bed, step, 0, out);
  connect(bed, step, 1, letters);
  auto in = numbers(7);
  step.push(in);
  CHECK(out.values == std::vector<std::string>{"n1", "n2", "n4", "n5"});
  CHECK(out.times == std::vector<Timestamp>{at(1s), at(2s), at(4s), at(5s)});
  CHECK(letters.values.size() == 3);
  CHECK(step.counters().in.get() == 7);
  CHECK(step.counters().out.get() == 4);
  CHECK(step.counters().errors.get() == 3);
}

TEST_CASE("map loses and doubles nothing where its batches end, whatever throws there") {
  for (const int thrower : {0, 255, 256, 257, 511, 512, 599}) {
    Bed bed;
    auto label = [&](const int& v) {
      if (v == thrower) throw std::runtime_error("here");
      return std::to_string(v);
    };
    detail::MapStep<int, std::string, decltype(label)> step(bed.context(), label,
                                                            OnError::dead_letter);
    Probe<std::string> out;
    Probe<DeadLetter> letters;
    connect(bed, step, 0, out);
    connect(bed, step, 1, letters);
    Batch<int> in(600);  // more than two of the step's own
    std::vector<std::string> expected;
    std::vector<Timestamp> times;
    for (int i = 0; i < 600; ++i) {
      in.push_back(i, at(i * 1s));
      if (i == thrower) continue;
      expected.push_back(std::to_string(i));
      times.push_back(at(i * 1s));
    }
    step.push(in);
    REQUIRE(out.values == expected);
    REQUIRE(out.times == times);
    REQUIRE(out.batches == 3);
    REQUIRE(letters.values.size() == 1);
    REQUIRE(step.counters().out.get() == 599);
  }
}

TEST_CASE("under OnError::fail the first record that throws ends map and filter") {
  Bed bed;
  detail::MapStep<int, int, decltype(&no_threes)> map(bed.context(), &no_threes, OnError::fail);
  auto keep = [](const int& v) { return no_threes(v) > 0; };
  detail::FilterStep<int, decltype(keep)> filter(bed.context(), keep, OnError::fail);
  for (Step* step : {static_cast<Step*>(&map), static_cast<Step*>(&filter)}) {
    Probe<int> out;
    connect(bed, *step, 0, out);
    auto in = numbers(7);
    CHECK_THROWS_AS(input<int>(*step).push(in), DownstreamFailure);
    CHECK(out.values.empty());
  }
}

TEST_CASE("update changes in place, and leaves out what threw, wherever it is") {
  Bed bed;
  auto twice = [](int& v) {
    if (v % 3 == 0) throw std::runtime_error("three");
    v *= 2;
  };
  detail::UpdateStep<int, decltype(twice)> step(bed.context(), twice, OnError::skip);
  Probe<int> out;
  connect(bed, step, 0, out);
  auto in = numbers(8);
  step.push(in);
  CHECK(out.values == std::vector<int>{2, 4, 8, 10, 14});
  CHECK(out.times == std::vector<Timestamp>{at(1s), at(2s), at(4s), at(5s), at(7s)});
}

TEST_CASE(
    "a fan-out lends its batch: who reads shares it, who writes copies, others see no change") {
  Bed bed;
  auto same = [](const int& v) { return v; };
  detail::MapStep<int, int, decltype(same)> source(bed.context(), same, OnError::fail);
  auto add = [](int& v) { v += 100; };
  detail::UpdateStep<int, decltype(add)> writer(bed.context(), add, OnError::fail);
  Probe<int> before, written, after;
  BoundsProbe reader;
  connect(bed, source, 0, before);
  connect(bed, source, 0, input<int>(writer));
  connect<int>(bed, source, 0, reader);
  connect(bed, source, 0, after);
  connect(bed, writer, 0, written);
  for (int round = 0; round < 3; ++round) {
    auto in = numbers(5);
    source.push(in);
    CHECK(before.take() == std::vector<int>{0, 1, 2, 3, 4});
    CHECK(written.take() == std::vector<int>{100, 101, 102, 103, 104});
    CHECK(after.take() == std::vector<int>{0, 1, 2, 3, 4});
    CHECK(reader.borrowed);
    CHECK(reader.low == at(0s));
    CHECK(reader.high == at(4s));
    CHECK(reader.partition_seen == 3);
  }
}

TEST_CASE("what flat_map emits at other times than its input's widens the bounds of the batch") {
  Bed bed;
  auto shift = [](const int& v, Timestamp t, Emitter<int>& out) {
    out.emit(v, t - 1h);
    out.emit(v, t + 1h);
  };
  detail::FlatMapStep<int, int, decltype(shift)> step(bed.context(), shift, OnError::fail);
  BoundsProbe bounds;
  connect<int>(bed, step, 0, bounds);
  auto in = numbers(200);  // 400 results: more than a batch
  step.push(in);
  CHECK(bounds.low <= at(128s - 1h));
  CHECK(bounds.high >= at(199s + 1h));
  CHECK(step.counters().out.get() == 400);
}

TEST_CASE("encode writes message and key; a record that fails half way leaves nothing behind") {
  struct Half {
    Result<void> encode(const int& v, TextWriter& out) {
      out.append("n" + std::to_string(v));
      if (v == 2) return Error(Errc::invalid_input, "two");
      if (v == 4) throw std::runtime_error("four");
      return {};
    }
  };
  Bed bed;
  auto key = [](const int& v) {
    if (v == 5) throw std::runtime_error("no key");
    return v % 2;
  };
  detail::EncodeStep<int, Half, decltype(key)> step(bed.context(), Half{}, key,
                                                    OnError::dead_letter);
  TextProbe out;
  connect<Message>(bed, step, 0, out);
  auto in = numbers(7);
  step.push(in);
  CHECK(out.values == std::vector<std::string>{"n0", "n1", "n3", "n6"});
  CHECK(out.keys == std::vector<std::string>{"0", "1", "1", "0"});
  CHECK(step.counters().errors.get() == 3);
}

TEST_CASE("text that passes through map and filter is alive behind them") {
  Bed bed;
  auto same = [](const Message& m) { return m; };
  detail::MapStep<Message, Message, decltype(same)> step(bed.context(), same, OnError::fail);
  struct Keeper final : Port<Message> {
    Batch<Message> kept;
    void push(Batch<Message>& batch) override { batch.move_to(kept); }
    void watermark(Timestamp) override {}
    void idle() override {}
    void partition(std::uint32_t, PartitionEvent) override {}
    void barrier(Barrier&) override {}
    void end() override {}
  } keeper;
  connect<Message>(bed, step, 0, keeper);
  {
    ArenaPool pool;
    TextWriter text(pool);
    Batch<Message> in;
    in.push_back({text.copy("a text in an arena")}, at(0s));
    in.hold(text.arena());
    step.push(in);
  }
  CHECK(keeper.kept[0].data == Text("a text in an arena"));
}

TEST_CASE("split sends each record one way, in order, and control both ways") {
  Bed bed;
  auto even = [](const int& v) { return no_threes(v) % 2 == 0; };
  detail::SplitStep<int, decltype(even)> step(bed.context(), even, OnError::skip);
  Probe<int> yes, no;
  connect(bed, step, 0, yes);
  connect(bed, step, 2, no);
  auto in = numbers(9);
  step.push(in);
  CHECK(yes.values == std::vector<int>{2, 4, 8});
  CHECK(no.values == std::vector<int>{1, 5, 7});
  Snapshot barrier;
  step.watermark(at(1s));
  step.idle();
  step.partition(2, PartitionEvent::ended);
  step.barrier(barrier);
  step.end();
  const std::vector<std::string> control{"r3", "w1000", "idle", "p2.2", "barrier", "end"};
  CHECK(yes.events == control);
  CHECK(no.events == control);
}

TEST_CASE("fuse does what the steps do one after the other") {
  Bed bed;
  auto pieces = std::tuple(map([](const int& v) { return no_threes(v) + 1; }),
                           filter([](const int& v) { return v % 2 == 0; }),
                           map([](const int& v) { return std::to_string(v); }));
  using Step = detail::FusedStep<int, std::string, std::tuple_element_t<0, decltype(pieces)>,
                                 std::tuple_element_t<1, decltype(pieces)>,
                                 std::tuple_element_t<2, decltype(pieces)>>;
  Step step(bed.context(), pieces, OnError::skip);
  Probe<std::string> out;
  connect(bed, step, 0, out);
  auto in = numbers(9);
  step.push(in);
  CHECK(out.values == std::vector<std::string>{"2", "6", "8"});
  CHECK(out.times == std::vector<Timestamp>{at(1s), at(5s), at(7s)});
  CHECK(step.counters().errors.get() == 3);
}

TEST_CASE("process emits on records and, before the watermark goes on, on watermarks") {
  struct Last {
    using output_type = int;
    int last = 0;
    void on_record(const int& v, Timestamp, Emitter<int>&) { last = no_threes(v); }
    void on_watermark(Timestamp t, Emitter<int>& out) { out.emit(last, t); }
    void save(std::string& bytes) const { bytes = std::to_string(last); }
    Result<void> load(std::string_view bytes) {
      last = std::stoi(std::string(bytes));
      return {};
    }
  };
  Bed bed;
  detail::ProcessStep<int, Last> step(bed.context(), Last{}, OnError::skip);
  Probe<int> out;
  connect(bed, step, 0, out);
  auto in = numbers(9);
  step.push(in);
  step.watermark(at(5s));
  CHECK(out.events == std::vector<std::string>{"r1", "w5000"});
  CHECK(out.values == std::vector<int>{8});
  CHECK(out.times == std::vector<Timestamp>{at(5s)});
  Snapshot barrier;
  step.barrier(barrier);
  REQUIRE(barrier.items.size() == 1);
  detail::ProcessStep<int, Last> again(bed.context(), Last{}, OnError::skip);
  Probe<int> more;
  connect(bed, again, 0, more);
  REQUIRE(again.load(barrier.items[0]));
  again.watermark(at(6s));
  CHECK(more.values == std::vector<int>{8});
}

TEST_CASE("a merge keeps its inputs' partitions apart, with low numbers") {
  Bed bed;
  detail::MergeStep<int> step(bed.context(), 3);
  Probe<int> out;
  connect(bed, step, 0, out);
  std::vector<Port<int>*> inputs;
  for (unsigned i = 0; i < 3; ++i) inputs.push_back(static_cast<Port<int>*>(step.input(i)));
  for (auto* in : inputs) in->partition(1, PartitionEvent::opened);
  CHECK(out.take_events() == std::vector<std::string>{"p3.0", "p4.0", "p5.0"});
  inputs[0]->watermark(at(5s));
  inputs[1]->watermark(at(3s));
  CHECK(out.take_events().empty());
  inputs[2]->idle();
  CHECK(out.take_events() == std::vector<std::string>{"w3000"});
  Snapshot barrier;
  inputs[0]->barrier(barrier);
  inputs[1]->barrier(barrier);
  CHECK(out.take_events().empty());
  inputs[2]->barrier(barrier);
  CHECK(out.take_events() == std::vector<std::string>{"barrier"});
  for (auto* in : inputs) in->end();
  CHECK(out.take_events() == std::vector<std::string>{"end"});
}
