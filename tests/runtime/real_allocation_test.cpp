// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "counted_new.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/runtime/real_env.hpp"

using namespace millrace;

namespace {

// What a source does over and over: it yields, sleeps a little, reads a file.
Task<int> read(Env& env, Strand& strand, StopFlag& stop, int i) {
  co_await yield(strand);
  if (i % 16 == 0) co_await Sleep(strand, stop, env.clock.monotonic() + Duration(50));
  co_return co_await blocking(strand, [i] { return i; });
}

Task<> reads(Env& env, Strand& strand, long& during) {
  StopFlag stop;
  for (int i = 0; i < 500; ++i) co_await read(env, strand, stop, i);
  const long before = allocations;
  for (int i = 0; i < 2000; ++i) co_await read(env, strand, stop, i);
  during = allocations - before;
}

}  // namespace

TEST_CASE("after warm-up a read that yields, sleeps and blocks does not allocate in a real Env") {
  RealEnv real;
  auto strand = real.env().scheduler.make_strand();
  long during = -1;
  real.env().scheduler.spawn(strand, reads(real.env(), *strand, during));
  real.run();
  CHECK(during == 0);
}
