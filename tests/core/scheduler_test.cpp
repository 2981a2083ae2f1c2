// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/scheduler.hpp"

#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/core/timer_heap.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;

TEST_CASE("a heap of timers gives the earliest first, whatever was taken out between") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    detail::TimerHeap heap;
    std::vector<Waiter> waiters(50);
    std::vector<MonotonicTime> expected;
    for (Waiter& w : waiters) {
      w.when = MonotonicTime(std::chrono::nanoseconds(rng.below(30)));
      heap.add(w);
    }
    for (Waiter& w : waiters) {
      if (rng.below(3) == 0) {
        CHECK(heap.remove(w));
        CHECK_FALSE(heap.remove(w));
      } else {
        expected.push_back(w.when);
      }
    }
    std::sort(expected.begin(), expected.end());
    std::vector<MonotonicTime> got;
    while (!heap.empty()) got.push_back(heap.pop().when);
    CHECK(got == expected);
  }
}

TEST_CASE("a scheduler keeps a strand as long as a task runs on it") {
  sim::Env sim;
  std::weak_ptr<Strand> watch;
  bool alive = false;
  auto body = [&](Strand& strand) -> Task<> {
    co_await yield(strand);
    alive = !watch.expired();
  };
  {
    auto strand = sim.env().scheduler.make_strand();
    watch = strand;
    sim.env().scheduler.spawn(strand, body(*strand));
  }
  REQUIRE(sim.run() == sim::Ended::all_done);
  CHECK(alive);
  CHECK(watch.expired());
}

TEST_CASE("a task may spawn others while it runs") {
  sim::Env sim;
  int ran = 0;
  auto leaf = [&]() -> Task<> {
    ++ran;
    co_return;
  };
  auto body = [&]() -> Task<> {
    for (int i = 0; i < 10; ++i)
      sim.env().scheduler.spawn(sim.env().scheduler.make_strand(), leaf());
    co_return;
  };
  sim.env().scheduler.spawn(sim.env().scheduler.make_strand(), body());
  REQUIRE(sim.run() == sim::Ended::all_done);
  CHECK(ran == 10);
  CHECK(sim.roots() == 0);
}

TEST_CASE("a task destroyed before its first step never takes it") {
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  bool ran = false;
  auto body = [&]() -> Task<> {
    ran = true;
    co_return;
  };
  sim.env().scheduler.spawn(strand, body());
  sim.crash();
  CHECK_FALSE(sim.run_one());
  CHECK_FALSE(ran);
}

TEST_CASE("a strand that only its task keeps alive outlives the task's frames in a crash") {
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  std::weak_ptr<Strand> watch = strand;
  auto body = [](Strand& on) -> Task<> {
    for (;;) co_await yield(on);
  };
  sim.env().scheduler.spawn(strand, body(*strand));
  strand.reset();
  REQUIRE(sim.run_one());
  CHECK_FALSE(watch.expired());
  sim.crash();
  CHECK(watch.expired());
}
