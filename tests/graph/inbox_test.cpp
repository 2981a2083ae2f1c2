// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/inbox.hpp"

#include "catch.hpp"
#include "graph/batch_of.hpp"
#include "millrace/graph/input_clocks.hpp"
#include "millrace/graph/ring_queue.hpp"
#include "millrace/graph/room.hpp"

using namespace rig;

namespace {

/// An inbox with two channels, whose upstream lanes are others, and what comes out of it.
struct Boxed {
  Bed bed;
  Lane left{bed.env.env(), bed.env.env().scheduler.make_strand(), bed.flow, bed.state};
  Lane right{bed.env.env(), bed.env.env().scheduler.make_strand(), bed.flow, bed.state};
  Inbox<int> inbox{bed.lane};
  Port<int>& a = inbox.add_channel(left);
  Port<int>& b = inbox.add_channel(right);
  Probe<int> probe;

  Boxed() {
    inbox.output().connect(bed.lane, probe, nullptr);
    bed.env.env().scheduler.spawn(bed.lane.shared_strand(), inbox.run());
  }
  ~Boxed() { bed.env.kill(); }  // its task uses the inbox
  std::vector<std::string> events() {
    bed.env.run_for(1s);
    return probe.take_events();
  }
};

/// A step with output that did not fit, which takes two goes.
struct Held final : Emission {
  Held(std::uint32_t r, std::vector<std::uint32_t>& l) : place(r), log(l) {}
  std::uint32_t rank() const { return place; }
  bool resume() override {
    log.push_back(place);
    return ++goes == 2;
  }
  std::uint32_t place;
  std::vector<std::uint32_t>& log;
  int goes = 0;
};

Task<> wait_for(Room& room, int& woken) {
  co_await room.wait();
  ++woken;
}

}  // namespace

TEST_CASE("a ring queue keeps its order over many turns, and takes a first one at its front") {
  RingQueue<int> queue;
  int in = 0;
  int out = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 7 + round % 5; ++i) queue.push_back(in++);
    for (int i = 0; i < 6 && !queue.empty(); ++i) REQUIRE(queue.pop_front() == out++);
  }
  queue.push_front(-1);
  CHECK(queue.back() == in - 1);
  CHECK(queue.pop_front() == -1);
  while (!queue.empty()) REQUIRE(queue.pop_front() == out++);
  CHECK(out == in);
}

TEST_CASE("all who wait for room are woken by one notification") {
  sim::Env env;
  auto strand = env.env().scheduler.make_strand();
  Room room(*strand);
  int woken = 0;
  for (int i = 0; i < 5; ++i) env.env().scheduler.spawn(strand, wait_for(room, woken));
  CHECK(env.run() == sim::Ended::deadlock);
  CHECK(woken == 0);
  room.notify();
  CHECK(env.run() == sim::Ended::all_done);
  CHECK(woken == 5);
}

TEST_CASE("who waits for room may be destroyed, first or last") {
  for (const int waiters : {1, 3}) {
    int woken = 0;
    sim::Env env;
    auto strand = env.env().scheduler.make_strand();
    Room room(*strand);
    for (int i = 0; i < waiters; ++i) env.env().scheduler.spawn(strand, wait_for(room, woken));
    env.run();
    env.kill();
    room.notify();
    CHECK(env.run() == sim::Ended::all_done);
    CHECK(woken == 0);
  }
}

TEST_CASE("the watermark of several inputs is the least, never goes back, and skips idle ones") {
  const InputClocks::News none{};
  const InputClocks::News moved{.watermark = true};
  InputClocks clocks;
  clocks.add();
  clocks.add();
  CHECK(clocks.advance(0, at(10s)) == none);
  CHECK(clocks.advance(1, at(5s)) == moved);
  CHECK(clocks.watermark() == at(5s));
  CHECK(clocks.idle(1) == moved);
  CHECK(clocks.watermark() == at(10s));
  clocks.active(1);
  CHECK(clocks.advance(1, at(6s)) == none);
  CHECK(clocks.watermark() == at(10s));
  CHECK(clocks.advance(1, at(10s)) == none);
  CHECK(clocks.advance(0, at(11s)) == none);  // the second holds it now
  CHECK(clocks.advance(0, end_of_time) == none);
  CHECK(clocks.idle(1) == InputClocks::News{.idle = true});
  CHECK(clocks.idle(1) == none);         // said already
  CHECK(clocks.watermark() == at(10s));  // the idle one may still have records
  CHECK(clocks.advance(1, end_of_time) == moved);
  CHECK(clocks.watermark() == end_of_time);
}

TEST_CASE("when all inputs are idle the watermark is the greatest, whichever fell idle last") {
  for (const std::size_t last : {0u, 1u}) {
    InputClocks clocks;
    clocks.add();
    clocks.add();
    (void)clocks.advance(0, at(10s));
    (void)clocks.advance(1, at(5s));
    (void)clocks.idle(1 - last);
    CHECK(clocks.idle(last).idle);
    CHECK(clocks.watermark() == at(10s));
    clocks.active(1);
    CHECK(clocks.advance(1, at(9s)) == InputClocks::News{});  // and it does not go back
    CHECK(clocks.watermark() == at(10s));
  }
}

TEST_CASE("an inbox passes on the smallest watermark, behind the records before it") {
  Boxed box;
  auto one = batch_of({1, 2});
  box.a.push(one);
  box.a.watermark(at(4s));
  box.b.watermark(at(3s));
  CHECK(box.events() == std::vector<std::string>{"p0.0", "p1.0", "r2", "w3000"});
  box.b.watermark(at(9s));
  CHECK(box.events() == std::vector<std::string>{"w4000"});
}

TEST_CASE("channels of two types have an output each; what is no record goes to both") {
  Bed bed;
  Lane other{bed.env.env(), bed.env.env().scheduler.make_strand(), bed.flow, bed.state};
  Inbox<int, std::string> inbox{bed.lane};
  Port<int>& numbers = inbox.add_channel<0>(other);
  Port<std::string>& words = inbox.add_channel<1>(other);
  Probe<int> number_probe;
  Probe<std::string> word_probe;
  inbox.output<0>().connect(bed.lane, number_probe, nullptr);
  inbox.output<1>().connect(bed.lane, word_probe, nullptr);
  bed.env.env().scheduler.spawn(bed.lane.shared_strand(), inbox.run());
  Snapshot barrier;
  auto one = batch_of({1, 2});
  Batch<std::string> two;
  two.push_back("a", at(1s));
  numbers.push(one);
  numbers.watermark(at(4s));
  words.push(two);
  words.watermark(at(3s));
  numbers.barrier(barrier);
  words.barrier(barrier);
  words.idle();
  numbers.idle();
  words.partition(0, PartitionEvent::caught_up);
  numbers.end();
  words.end();
  bed.env.run_for(1s);
  CHECK(number_probe.values == std::vector<int>{1, 2});
  CHECK(word_probe.values == std::vector<std::string>{"a"});
  CHECK(number_probe.events ==
        std::vector<std::string>{"p0.0", "r2", "w3000", "barrier", "w4000", "idle", "p0.2", "end"});
  CHECK(word_probe.events == std::vector<std::string>{"p1.0", "r1", "w3000", "barrier", "w4000",
                                                      "p1.1", "p1.2", "idle", "end"});
  bed.env.kill();
}

TEST_CASE("of channels of two types the one that is farthest behind is read first") {
  Bed bed;
  Lane other{bed.env.env(), bed.env.env().scheduler.make_strand(), bed.flow, bed.state};
  Inbox<int, std::string> inbox{bed.lane};
  Port<int>& numbers = inbox.add_channel<0>(other);
  Port<std::string>& words = inbox.add_channel<1>(other);
  std::vector<char> order;
  struct Noted final : Port<int>, Port<std::string> {
    explicit Noted(std::vector<char>& to) : order(to) {}
    void push(Batch<int>&) override { order.push_back('n'); }
    void push(Batch<std::string>&) override { order.push_back('w'); }
    void watermark(Timestamp) override {}
    void idle() override {}
    void partition(std::uint32_t, PartitionEvent) override {}
    void barrier(Barrier&) override {}
    void end() override {}
    std::vector<char>& order;
  } noted(order);
  inbox.output<0>().connect(bed.lane, static_cast<Port<int>&>(noted), nullptr);
  inbox.output<1>().connect(bed.lane, static_cast<Port<std::string>&>(noted), nullptr);
  for (int i = 0; i < 3; ++i) {
    auto some = batch_of({i});
    numbers.push(some);
    numbers.watermark(at((i + 3600) * 1s));
  }
  for (int i = 0; i < 3; ++i) {
    Batch<std::string> some;
    some.push_back("a", at(i * 1s));
    words.push(some);
    words.watermark(at(i * 1s));
  }
  bed.env.env().scheduler.spawn(bed.lane.shared_strand(), inbox.run());
  bed.env.run_for(1s);
  CHECK(std::string(order.begin(), order.end()) == "nwwwnn");
  bed.env.kill();
}

TEST_CASE("a channel that delivered the barrier is not read until all have") {
  Boxed box;
  Snapshot barrier;
  auto before = batch_of({1});
  auto after = batch_of({2, 3});
  auto other = batch_of({4, 5, 6});
  box.a.push(before);
  box.a.barrier(barrier);
  box.a.push(after);
  CHECK(box.events() == std::vector<std::string>{"p0.0", "p1.0", "r1"});
  box.b.push(other);
  box.b.barrier(barrier);
  CHECK(box.events() == std::vector<std::string>{"r3", "barrier", "r2"});
}

TEST_CASE("a channel that has ended is not waited for at a barrier; the end is that of all") {
  Boxed box;
  Snapshot barrier;
  box.a.watermark(end_of_time);
  box.a.end();
  box.b.barrier(barrier);
  CHECK(box.events() == std::vector<std::string>{"p0.0", "p1.0", "p0.2", "barrier"});
  box.b.watermark(end_of_time);
  box.b.end();
  CHECK(box.events() == std::vector<std::string>{"w:end", "p1.2", "end"});
  CHECK(box.bed.env.roots() == 0);
}

TEST_CASE("what waits in an inbox counts against the budget, and no more once it was taken") {
  Boxed box;
  auto one = batch_of({1, 2, 3});
  box.a.push(one);
  CHECK(box.bed.flow.used() == 3 * (sizeof(int) + sizeof(Timestamp)));
  CHECK(box.left.has_credit());
  box.events();
  CHECK(box.bed.flow.used() == 0);
}

TEST_CASE(
    "records of two partitions of a source have the source in common, of two sources nothing") {
  const Origin in{.source = "in"};
  const Origin a{.source = "in", .partition = "a", .whole = &in};
  const Origin b{.source = "in", .partition = "b", .whole = &in};
  const Origin other{.source = "other"};
  CHECK(common_origin(&a, &a) == &a);
  CHECK(common_origin(&a, &b) == &in);
  CHECK(common_origin(&in, &b) == &in);
  CHECK(common_origin(&b, &in) == &in);
  const Origin elsewhere{.source = "in"};  // another subtask's
  CHECK(common_origin(&a, &elsewhere) == &in);
  CHECK(common_origin(&a, &other) == nullptr);
  CHECK(common_origin(&a, nullptr) == nullptr);
  CHECK(common_origin(nullptr, &a) == nullptr);
}

TEST_CASE("of the emissions held back the farthest downstream goes on first, however they came") {
  Bed bed;
  std::vector<std::uint32_t> log;
  Held first(1, log);
  Held second(2, log);
  Held third(3, log);
  CHECK(bed.lane.has_credit());
  for (Held* held : {&second, &third, &first}) bed.lane.hold(*held);
  CHECK_FALSE(bed.lane.has_credit());
  CHECK(bed.lane.resume_emissions());
  CHECK(log == std::vector<std::uint32_t>{3, 3, 2, 2, 1, 1});
  CHECK(bed.lane.has_credit());
}

/// What a parcel with marks in it becomes behind an inbox; `others`: channels that are far ahead.
std::vector<std::string> unpacked(int others) {
  Bed bed;
  Lane upstream{bed.env.env(), bed.env.env().scheduler.make_strand(), bed.flow, bed.state};
  Inbox<int> inbox{bed.lane};
  ParcelPort<int>& channel = inbox.add_channel(upstream);
  std::vector<Port<int>*> ahead;
  for (int i = 0; i < others; ++i) ahead.push_back(&inbox.add_channel(upstream));
  Probe<int> probe;
  inbox.output().connect(bed.lane, probe, nullptr);
  for (Port<int>* port : ahead) port->watermark(at(100s));
  auto parcel = std::make_unique<Parcel<int>>(8);
  for (int i = 1; i <= 5; ++i) {
    parcel->batch.push_back(i, at(i * 1s));
    if (i != 3) parcel->mark(at(i * 1s));
  }
  parcel->batch.push_back(6, at(6s));
  channel.send(parcel);
  CHECK(parcel->empty());
  CHECK(parcel->batch.capacity() == 8);
  channel.end();
  bed.env.env().scheduler.spawn(bed.lane.shared_strand(), inbox.run());
  bed.env.run_for(1s);
  bed.env.kill();
  CHECK(bed.flow.used() == 0);
  CHECK(probe.values == std::vector<int>{1, 2, 3, 4, 5, 6});
  std::erase_if(probe.events, [](const std::string& event) { return event[0] == 'p'; });
  return probe.events;
}

TEST_CASE("a parcel's watermarks come in their places when its channel is the only one") {
  CHECK(unpacked(0) == std::vector<std::string>{"r1", "w1000", "r1", "w2000", "r2", "w4000", "r1",
                                                "w5000", "r1", "end"});
}

TEST_CASE(
    "of a parcel beside other channels the last watermark counts, behind all of its records") {
  CHECK(unpacked(1) == std::vector<std::string>{"r6", "w5000"});
}
