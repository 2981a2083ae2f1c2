// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "counted_new.hpp"
#include "millrace/core/task.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;

namespace {

Task<int> read(Strand& strand, int i) {
  if (i % 8 == 0) co_await yield(strand);
  co_return co_await blocking(strand, [i] { return i; });
}

Task<> reads(Strand& strand, int warm_up, int n, long& during) {
  for (int i = 0; i < warm_up; ++i) co_await read(strand, i);
  const long before = allocations;
  for (int i = 0; i < n; ++i) co_await read(strand, i);
  during = allocations - before;
}

Task<int> plain(int i) { co_return i; }

Task<> calls(int n, long& during) {
  co_await plain(0);
  const long before = allocations;
  for (int i = 0; i < n; ++i) co_await plain(i);
  during = allocations - before;
}

}  // namespace

TEST_CASE("after the first one a call of a task does not allocate") {
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  long during = -1;
  sim.env().scheduler.spawn(strand, calls(1000, during));
  REQUIRE(sim.run() == sim::Ended::all_done);
  CHECK(during == 0);
}

TEST_CASE("after warm-up a read that yields and blocks does not allocate in a simulation") {
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  long during = -1;
  sim.env().scheduler.spawn(strand, reads(*strand, 100, 1000, during));
  REQUIRE(sim.run() == sim::Ended::all_done);
  CHECK(during == 0);
}
