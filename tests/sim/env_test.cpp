// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/env.hpp"

#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/core/signal.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/core/wait.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

Task<> sleeper(millrace::Env& env, Strand& strand, Duration d, std::vector<Duration>& woken) {
  StopFlag stop;
  co_await Sleep(strand, stop, env.clock.monotonic() + d);
  woken.push_back(std::chrono::floor<Duration>(env.clock.monotonic().time_since_epoch()));
}

Task<> worker(Strand& strand, int turns, int id, std::vector<int>& order) {
  for (int i = 0; i < turns; ++i) {
    order.push_back(id);
    co_await yield(strand);
  }
}

struct Trace {
  std::uint64_t hash;
  std::vector<int> order;
};

Trace traced(std::uint64_t seed) {
  sim::Env sim({.seed = seed});
  Trace trace;
  for (int i = 0; i < 4; ++i) {
    auto strand = sim.env().scheduler.make_strand();
    sim.env().scheduler.spawn(strand, worker(*strand, 20, i, trace.order));
  }
  REQUIRE(sim.run() == sim::Ended::all_done);
  trace.hash = sim.trace_hash();
  return trace;
}

}  // namespace

TEST_CASE("the clock of a simulation jumps to the next timer") {
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  std::vector<Duration> woken;
  for (const Duration d : {Duration(5h), Duration(1s), Duration(3min)})
    sim.env().scheduler.spawn(strand, sleeper(sim.env(), *strand, d, woken));
  REQUIRE(sim.run() == sim::Ended::all_done);
  CHECK(woken == std::vector<Duration>{1s, 3min, 5h});
}

TEST_CASE("the same seed gives the same run, another seed another one") {
  const Trace first = traced(1);
  const Trace again = traced(1);
  const Trace other = traced(2);
  CHECK(first.hash == again.hash);
  CHECK(first.order == again.order);
  CHECK(first.hash != other.hash);
  CHECK(first.order != other.order);
}

TEST_CASE("blocking work gives its result back to the task that waits") {
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  int got = 0;
  auto work = [&](Strand& s) -> Task<> { got = co_await blocking(s, [] { return 42; }); };
  sim.env().scheduler.spawn(strand, work(*strand));
  REQUIRE(sim.run() == sim::Ended::all_done);
  CHECK(got == 42);
}

TEST_CASE("tasks that wait for each other are a deadlock, and the run says so") {
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  Signal never(*strand);
  auto waits = [&]() -> Task<> { co_await never.wait(); };
  sim.env().scheduler.spawn(strand, waits());
  CHECK(sim.run() == sim::Ended::deadlock);
  CHECK(sim.run_for(1s) == sim::Ended::deadlock);
  CHECK(sim.roots() == 1);
  never.notify();
  CHECK(sim.run() == sim::Ended::all_done);
}

TEST_CASE("a run for a time lets exactly that time pass") {
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  std::vector<Duration> woken;
  sim.env().scheduler.spawn(strand, sleeper(sim.env(), *strand, 10s, woken));
  CHECK(sim.run_for(9'999'999us) == sim::Ended::time_up);
  CHECK(woken.empty());
  CHECK(sim.env().clock.monotonic() == MonotonicTime(9'999'999us));
  CHECK(sim.run_for(1us) == sim::Ended::all_done);
  CHECK(woken == std::vector<Duration>{10s});
  CHECK(sim.run_for(1h) == sim::Ended::all_done);
  CHECK(sim.env().clock.monotonic() == MonotonicTime(10s + 1h));
}

TEST_CASE("the wall clock goes with the monotonic one until it is stepped") {
  sim::Env sim;
  const Timestamp start = sim.env().clock.wall();
  CHECK(start == sim::Options{}.start);
  sim.run_for(1h);
  CHECK(sim.env().clock.wall() == start + 1h);
  sim.step_wall(-2h);
  CHECK(sim.env().clock.wall() == start - 1h);
  CHECK(sim.env().clock.monotonic() == MonotonicTime(1h));
}

TEST_CASE("what a process synced is there for the next one, what it did not may be gone") {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    sim::Disk disk(seed);
    {
      sim::Env first({.seed = seed}, disk);
      auto strand = first.env().scheduler.make_strand();
      auto write = [&]() -> Task<> {
        auto file = std::move(*first.env().fs.open("a", OpenMode::create));
        co_await blocking(*strand, [&] {
          CHECK(file->write_at(0, "synced"));
          CHECK(file->sync());
          CHECK(file->write_at(6, "more"));
        });
        StopFlag stop;
        co_await Sleep(*strand, stop, MonotonicTime(1h));
        FAIL("it should have died by now");
      };
      first.env().scheduler.spawn(strand, write());
      CHECK(first.run_for(1s) == sim::Ended::time_up);
      first.crash();
      CHECK(first.run() == sim::Ended::all_done);
    }
    sim::Env second({.seed = seed}, disk);
    auto file = std::move(*second.env().fs.open("a", OpenMode::read));
    std::string bytes(10, '\0');
    bytes.resize(*file->read_at(0, bytes));
    CHECK(bytes.starts_with("synced"));
    lost += bytes != "syncedmore";
  }
  CHECK(lost > 10);
  CHECK(lost < 50);
}

TEST_CASE("a crash at any step destroys every frame and leaves nothing that would run") {
  struct Alive {
    int& count;
    explicit Alive(int& n) : count(n) { ++count; }
    Alive(const Alive&) = delete;
    ~Alive() { --count; }
  };
  bool ended = false;
  for (int steps = 0; !ended; ++steps) {
    INFO("steps " << steps);
    int frames = 0;
    sim::Env sim({.seed = 7});
    auto strand = sim.env().scheduler.make_strand();
    StopFlag stop;
    Signal signal(*strand);
    auto leaf = [&](int i) -> Task<> {
      Alive alive(frames);
      co_await Sleep(*strand, stop, sim.env().clock.monotonic() + std::chrono::milliseconds(i));
      co_await yield(*strand);
      co_await blocking(*strand, [] {});
      signal.notify();
    };
    auto root = [&](int i) -> Task<> {
      Alive alive(frames);
      for (int k = 0; k < 3; ++k) co_await leaf(i + k);
    };
    auto listener = [&]() -> Task<> {
      Alive alive(frames);
      for (int k = 0; k < 2; ++k) co_await signal.wait();
    };
    for (int i = 0; i < 3; ++i) sim.env().scheduler.spawn(strand, root(i));
    sim.env().scheduler.spawn(strand, listener());
    for (int i = 0; i < steps && !ended; ++i) ended = !sim.run_one();
    sim.crash();
    CHECK(frames == 0);
    CHECK_FALSE(sim.run_one());
  }
}

TEST_CASE("numbers come by seed and do not depend on the schedule") {
  const auto numbers = [](std::uint64_t seed, bool busy) {
    sim::Env sim({.seed = seed});
    std::vector<int> order;
    auto strand = sim.env().scheduler.make_strand();
    if (busy) sim.env().scheduler.spawn(strand, worker(*strand, 10, 1, order));
    sim.run();
    return std::vector<std::uint64_t>{sim.env().rng.next(), sim.env().rng.next()};
  };
  CHECK(numbers(1, true) == numbers(1, false));
  CHECK(numbers(1, true) != numbers(2, true));
}

TEST_CASE("messages reach the logger that was given") {
  struct Kept final : Logger {
    void log(LogLevel, std::string_view message) override { kept += message; }
    std::string kept;
  } logger;
  sim::Env sim({.logger = &logger});
  sim.env().logger.log(LogLevel::warning, "a torn tail was cut");
  CHECK(logger.kept == "a torn tail was cut");
  sim::Env silent;
  silent.env().logger.log(LogLevel::error, "nobody listens");
}

TEST_CASE("a task that spins while no time passes is a livelock, and the run says so") {
  sim::Env sim({.most_turns_at_once = 1000});
  auto strand = sim.env().scheduler.make_strand();
  bool done = false;
  auto spins = [&]() -> Task<> {
    while (!done) co_await yield(*strand);
  };
  auto works = [&]() -> Task<> {
    co_await blocking(*strand, [] {});
    done = true;
  };
  sim.env().scheduler.spawn(strand, spins());
  sim.env().scheduler.spawn(strand, works());
  CHECK(sim.run() == sim::Ended::livelock);
  CHECK(sim.run_for(1s) == sim::Ended::livelock);
  CHECK_FALSE(sim.run_one());
}

TEST_CASE("timers that are due at once go off in an order that the seed decides") {
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::Env sim({.seed = seed});
    std::vector<int> order;
    auto sleeps = [&](Strand& strand, int id) -> Task<> {
      StopFlag stop;
      co_await Sleep(strand, stop, MonotonicTime(1s));
      order.push_back(id);
    };
    for (int id = 0; id < 3; ++id) {
      auto strand = sim.env().scheduler.make_strand();
      sim.env().scheduler.spawn(strand, sleeps(*strand, id));
    }
    REQUIRE(sim.run() == sim::Ended::all_done);
    orders.insert(order);
  }
  CHECK(orders.size() == 6);
}

TEST_CASE("a process that is halted goes no further, until it has died and starts again") {
  sim::Env sim;
  int turns = 0;
  auto work = [&](Strand& s) -> Task<> {
    for (;;) {
      if (++turns == 3) sim.halt();
      co_await yield(s);
    }
  };
  auto strand = sim.env().scheduler.make_strand();
  sim.env().scheduler.spawn(strand, work(*strand));
  CHECK(sim.run() == sim::Ended::halted);
  CHECK(sim.run_for(1s) == sim::Ended::halted);
  CHECK(sim.env().clock.monotonic() == MonotonicTime{});
  CHECK(turns == 3);
  sim.kill();
  CHECK(sim.run() == sim::Ended::all_done);
  std::vector<Duration> woken;
  sim.env().scheduler.spawn(strand, sleeper(sim.env(), *strand, 1s, woken));
  CHECK(sim.run() == sim::Ended::all_done);
  CHECK(woken.size() == 1);
}
