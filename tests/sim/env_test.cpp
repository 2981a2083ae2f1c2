// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/env.hpp"

#include <vector>

#include "catch.hpp"
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
