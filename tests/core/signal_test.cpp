// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/signal.hpp"

#include <vector>

#include "catch.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;

namespace {

struct Fixture {
  ~Fixture() { sim.crash(); }  // tasks first: they use the signal
  sim::Env sim;
  std::shared_ptr<Strand> strand = sim.env().scheduler.make_strand();
  Signal signal{*strand};
  int woken = 0;

  void listen(int times) { sim.env().scheduler.spawn(strand, waits(times)); }
  void drain() {
    while (sim.run_one()) {
    }
  }

 private:
  Task<> waits(int times) {
    for (int i = 0; i < times; ++i) {
      co_await signal.wait();
      ++woken;
    }
  }
};

}  // namespace

TEST_CASE("a notice wakes the one who waits, once") {
  Fixture f;
  f.listen(2);
  f.drain();
  CHECK(f.woken == 0);
  f.signal.notify();
  f.drain();
  CHECK(f.woken == 1);
  CHECK(f.sim.run() == sim::Ended::deadlock);
}

TEST_CASE("a notice given before the wait is not lost, and several count as one") {
  Fixture f;
  f.signal.notify();
  f.signal.notify();
  f.listen(2);
  f.drain();
  CHECK(f.woken == 1);
}

TEST_CASE("notices between waking and going on count as the one that woke") {
  Fixture f;
  f.listen(2);
  f.drain();
  f.signal.notify();
  f.signal.notify();
  f.drain();
  CHECK(f.woken == 1);
}

TEST_CASE("two strands hand a notice to and fro") {
  sim::Env sim;
  auto here = sim.env().scheduler.make_strand();
  auto there = sim.env().scheduler.make_strand();
  Signal ping(*there);
  Signal pong(*here);
  int round = 0;
  auto play = [](Signal& mine, Signal& theirs, int n, int& count) -> Task<> {
    for (int i = 0; i < n; ++i) {
      theirs.notify();
      co_await mine.wait();
      ++count;
    }
  };
  auto answer = [](Signal& mine, Signal& theirs, int n) -> Task<> {
    for (int i = 0; i < n; ++i) {
      co_await mine.wait();
      theirs.notify();
    }
  };
  sim.env().scheduler.spawn(here, play(pong, ping, 100, round));
  sim.env().scheduler.spawn(there, answer(ping, pong, 100));
  REQUIRE(sim.run() == sim::Ended::all_done);
  CHECK(round == 100);
}

TEST_CASE("a waiter destroyed before or after the notice is not resumed, and another may wait") {
  for (const bool notified : {false, true}) {
    Fixture f;
    f.listen(1);
    f.drain();
    if (notified) f.signal.notify();
    f.sim.crash();
    f.signal.notify();
    CHECK_FALSE(f.sim.run_one());
    CHECK(f.woken == 0);
    f.listen(1);
    f.drain();
    CHECK(f.woken == 1);
  }
}

TEST_CASE("a notice that woke a waiter which was then destroyed is there for the next one") {
  Fixture f;
  f.listen(1);
  f.drain();
  f.signal.notify();
  f.sim.crash();
  f.listen(1);
  f.drain();
  CHECK(f.woken == 1);
}
