// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/real_env.hpp"

#include <vector>

#include "catch.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/core/wait.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

Task<> sleeper(Env& env, Strand& strand, Duration d, std::vector<Duration>& woken) {
  StopFlag stop;
  co_await Sleep(strand, stop, env.clock.monotonic() + d);
  woken.push_back(d);
}

}  // namespace

TEST_CASE("timers of a real strand go off in the order of their times") {
  RealEnv real;
  auto strand = real.env().scheduler.make_strand();
  std::vector<Duration> woken;
  for (const Duration d : {Duration(9ms), Duration(1ms), Duration(5ms)})
    real.env().scheduler.spawn(strand, sleeper(real.env(), *strand, d, woken));
  real.run();
  CHECK(woken == std::vector<Duration>{1ms, 5ms, 9ms});
}

TEST_CASE("real blocking work gives its result back to the task that waits") {
  RealEnv real;
  auto strand = real.env().scheduler.make_strand();
  int got = 0;
  auto work = [&](Strand& s) -> Task<> {
    for (int i = 0; i < 100; ++i) got += co_await blocking(s, [] { return 42; });
  };
  real.env().scheduler.spawn(strand, work(*strand));
  real.run();
  CHECK(got == 4200);
}
