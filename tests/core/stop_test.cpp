// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/stop.hpp"

#include <vector>

#include "catch.hpp"
#include "millrace/core/context.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Woken {
  int id;
  bool time_passed;
  Duration at;
  bool operator==(const Woken&) const = default;
};

struct Fixture {
  ~Fixture() { sim.crash(); }  // tasks first: they use the flag
  sim::Env sim;
  std::shared_ptr<Strand> strand = sim.env().scheduler.make_strand();
  StopFlag stop;
  ArenaPool arenas;
  Context context{sim.env(), *strand, stop, arenas, "test"};
  std::vector<Woken> woken;

  void sleep(int id, Duration d) { sim.env().scheduler.spawn(strand, sleeps(id, d)); }
  Duration now() {
    return std::chrono::floor<Duration>(sim.env().clock.monotonic().time_since_epoch());
  }

 private:
  Task<> sleeps(int id, Duration d) {
    const bool time_passed = co_await context.sleep_for(d);
    woken.push_back({id, time_passed, now()});
  }
};

}  // namespace

TEST_CASE("sleepers wake in the order of their times, at their times") {
  Fixture f;
  const std::vector<Duration> times{7s, 2s, 9s, 1s, 8s, 3s, 6s, 4s, 5s};
  for (std::size_t i = 0; i < times.size(); ++i) f.sleep(static_cast<int>(i), times[i]);
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  REQUIRE(f.woken.size() == times.size());
  for (std::size_t i = 0; i < f.woken.size(); ++i) {
    CHECK(f.woken[i].at == std::chrono::seconds(i + 1));
    CHECK(f.woken[i].time_passed);
    CHECK(times[static_cast<std::size_t>(f.woken[i].id)] == f.woken[i].at);
  }
}

TEST_CASE("the stop flag ends every sleep at once, and they say so") {
  Fixture f;
  for (int i = 0; i < 5; ++i) f.sleep(i, 1h);
  CHECK(f.sim.run_for(1s) == sim::Ended::time_up);
  CHECK(f.woken.empty());
  f.stop.request();
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  REQUIRE(f.woken.size() == 5);
  for (const Woken& w : f.woken) {
    CHECK_FALSE(w.time_passed);
    CHECK(w.at == Duration(1s));
  }
}

TEST_CASE("a sleep after the stop flag was raised does not wait") {
  Fixture f;
  f.stop.request();
  f.sleep(0, 1h);
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  CHECK(f.woken == std::vector<Woken>{{0, false, Duration(0)}});
  CHECK(f.context.stopping());
}

TEST_CASE("a stop between a sleeper's time and its turn wakes it only once") {
  Fixture f;
  f.sleep(0, 1s);
  auto stopper = [&]() -> Task<> {
    StopFlag other;
    co_await Sleep(*f.strand, other, MonotonicTime(1s));
    f.stop.request();
  };
  // Two timers at one time: whichever comes first, the other is due and not posted yet.
  f.sim.env().scheduler.spawn(f.strand, stopper());
  f.sleep(1, 1s);
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  CHECK(f.woken.size() == 2);
  CHECK_FALSE(f.sim.run_one());
}

TEST_CASE("a sleeper destroyed while it waits leaves the timers and the stop flag") {
  Fixture f;
  for (int i = 0; i < 5; ++i) f.sleep(i, std::chrono::seconds(i + 1));
  CHECK(f.sim.run_for(2500ms) == sim::Ended::time_up);
  CHECK(f.woken.size() == 2);
  f.sim.crash();
  f.stop.request();
  CHECK_FALSE(f.sim.run_one());
  CHECK(f.woken.size() == 2);
}
