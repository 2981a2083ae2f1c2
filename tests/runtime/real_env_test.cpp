// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/real_env.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "millrace/core/signal.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/core/wait.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

Task<> sleeper(Env& env, Strand& strand, StopFlag& stop, Duration d, std::vector<Duration>& woken) {
  co_await Sleep(strand, stop, env.clock.monotonic() + d);
  woken.push_back(d);
}

void spawn(RealEnv& real, const std::shared_ptr<Strand>& strand, Task<> task) {
  real.env().scheduler.spawn(strand, std::move(task));
}

}  // namespace

TEST_CASE("timers of a real strand go off in the order of their times") {
  RealEnv real;
  auto strand = real.env().scheduler.make_strand();
  StopFlag stop;
  std::vector<Duration> woken;
  for (const Duration d : {Duration(9ms), Duration(1ms), Duration(5ms)})
    spawn(real, strand, sleeper(real.env(), *strand, stop, d, woken));
  const MonotonicTime start = real.env().clock.monotonic();
  real.run();
  CHECK(woken == std::vector<Duration>{1ms, 5ms, 9ms});
  CHECK(real.env().clock.monotonic() - start >= 9ms);
}

TEST_CASE("the stop flag ends real sleeps at once, and the run with them") {
  RealEnv real;
  auto strand = real.env().scheduler.make_strand();
  StopFlag stop;
  std::vector<Duration> woken;
  for (int i = 0; i < 3; ++i) spawn(real, strand, sleeper(real.env(), *strand, stop, 1h, woken));
  auto stopper = [&]() -> Task<> {
    co_await yield(*strand);
    stop.request();
  };
  spawn(real, strand, stopper());
  real.run();
  CHECK(woken.size() == 3);
}

TEST_CASE("tasks on one real strand take turns in the order in which they yielded") {
  RealEnv real({.threads = 2});
  auto strand = real.env().scheduler.make_strand();
  std::vector<int> said;
  auto say = [&](int id) -> Task<> {
    for (int i = 0; i < 100; ++i) {
      said.push_back(id);
      co_await yield(*strand);
    }
  };
  auto all = [&]() -> Task<> {
    for (int id = 0; id < 3; ++id) spawn(real, strand, say(id));
    co_return;
  };
  spawn(real, strand, all());
  real.run();
  REQUIRE(said.size() == 300);
  for (std::size_t i = 0; i < said.size(); ++i) CHECK(said[i] == static_cast<int>(i % 3));
}

TEST_CASE("real blocking work runs on another thread and gives its result or exception back") {
  RealEnv real;
  auto strand = real.env().scheduler.make_strand();
  int got = 0;
  std::string reason;
  std::thread::id there;
  auto work = [&]() -> Task<> {
    for (int i = 0; i < 100; ++i) got += co_await blocking(*strand, [] { return 42; });
    there = co_await blocking(*strand, [] { return std::this_thread::get_id(); });
    try {
      co_await blocking(*strand, [] { throw std::runtime_error("disk on fire"); });
    } catch (const std::runtime_error& e) {
      reason = e.what();
    }
  };
  spawn(real, strand, work());
  real.run();
  CHECK(got == 4200);
  CHECK(there != std::this_thread::get_id());
  CHECK(reason == "disk on fire");
}

TEST_CASE("a strand on many threads is never on two at once, and signals cross strands") {
  RealEnv real({.threads = 3, .blocking_threads = 2});
  constexpr int pairs = 4;
  constexpr int rounds = 2000;
  struct Side {
    std::shared_ptr<Strand> strand;
    std::unique_ptr<Signal> signal;
    long count = 0;  // no lock: the strand is one
  };
  std::vector<Side> sides(2 * pairs);
  for (Side& side : sides) {
    side.strand = real.env().scheduler.make_strand();
    side.signal = std::make_unique<Signal>(*side.strand);
  }
  auto play = [&](Side& mine, Side& theirs, bool first) -> Task<> {
    long jobs = 0;  // this task's alone: others on the strand go on while a job runs
    for (int i = 0; i < rounds; ++i) {
      if (first) theirs.signal->notify();
      co_await mine.signal->wait();
      if (!first) theirs.signal->notify();
      ++mine.count;
      if (i % 64 == 0) co_await blocking(*mine.strand, [&] { ++jobs; });
    }
    mine.count += jobs;
  };
  auto counter = [](Side& side) -> Task<> {
    for (int i = 0; i < rounds; ++i) {
      ++side.count;
      co_await yield(*side.strand);
    }
  };
  for (int i = 0; i < pairs; ++i) {
    Side& a = sides[static_cast<std::size_t>(2 * i)];
    Side& b = sides[static_cast<std::size_t>(2 * i + 1)];
    spawn(real, a.strand, play(a, b, true));
    spawn(real, b.strand, play(b, a, false));
    spawn(real, a.strand, counter(a));
  }
  real.run();
  const long blocked = (rounds + 63) / 64;
  for (std::size_t i = 0; i < sides.size(); ++i)
    CHECK(sides[i].count == rounds + blocked + (i % 2 == 0 ? rounds : 0));
}

TEST_CASE("a run may be stopped from another thread, and gone on with") {
  RealEnv real({.threads = 2});
  auto strand = real.env().scheduler.make_strand();
  std::atomic<bool> end{false};
  std::atomic<long> turns{0};
  auto spin = [&]() -> Task<> {
    while (!end) {
      ++turns;
      co_await yield(*strand);
    }
  };
  spawn(real, strand, spin());
  std::jthread stopper([&] {
    while (turns < 100) std::this_thread::yield();
    real.stop();
  });
  real.run();
  const long before = turns;
  CHECK(before >= 100);
  end = true;
  real.run();
  CHECK(turns <= before + 1);
  real.run();
}

TEST_CASE("destroying a real Env destroys its tasks wherever they wait, and waits for their work") {
  std::atomic<bool> in_job{false};
  std::atomic<bool> job_done{false};
  int frames = 0;
  struct Alive {
    int& count;
    explicit Alive(int& n) : count(n) { ++count; }
    Alive(const Alive&) = delete;
    ~Alive() { --count; }
  };
  {
    StopFlag stop;
    std::optional<Signal> never;
    RealEnv real;
    auto strand = real.env().scheduler.make_strand();
    never.emplace(*strand);
    auto sleeps = [&]() -> Task<> {
      Alive alive(frames);
      co_await Sleep(*strand, stop, real.env().clock.monotonic() + 1h);
    };
    auto waits = [&]() -> Task<> {
      Alive alive(frames);
      co_await never->wait();
    };
    auto yields = [&]() -> Task<> {
      Alive alive(frames);
      for (;;) co_await yield(*strand);
    };
    auto blocks = [&](bool first) -> Task<> {
      Alive alive(frames);
      co_await blocking(*strand, [&] {
        if (!first) FAIL("the second job waits behind the first, and is dropped");
        in_job = true;
        const MonotonicTime until = real.env().clock.monotonic() + 20ms;
        while (real.env().clock.monotonic() < until) std::this_thread::yield();
        job_done = true;
      });
    };
    auto stopper = [&]() -> Task<> {
      while (!in_job) co_await yield(*strand);
      real.stop();
    };
    spawn(real, strand, sleeps());
    spawn(real, strand, waits());
    spawn(real, strand, yields());
    spawn(real, strand, blocks(true));
    spawn(real, strand, blocks(false));
    spawn(real, strand, stopper());
    real.run();
    CHECK(frames == 5);
  }
  CHECK(job_done);
  CHECK(frames == 0);
}

TEST_CASE("dropping a child of a real task while its work runs waits for the work") {
  RealEnv real;
  auto strand = real.env().scheduler.make_strand();
  std::atomic<int> stage{0};
  bool went_on = false;
  auto parent = [&]() -> Task<> {
    auto child = [&]() -> Task<> {
      co_await blocking(*strand, [&] {
        stage = 1;
        const MonotonicTime until = real.env().clock.monotonic() + 20ms;
        while (real.env().clock.monotonic() < until) std::this_thread::yield();
        stage = 2;
      });
      stage = 3;
    };
    std::optional<Task<>> running = child();
    running->handle().resume();
    while (stage == 0) co_await yield(*strand);
    running.reset();
    CHECK(stage == 2);
    co_await yield(*strand);
    went_on = true;
  };
  spawn(real, strand, parent());
  real.run();
  CHECK(went_on);
  CHECK(stage == 2);
}

TEST_CASE("random numbers differ between calls, threads and Envs") {
  RealEnv one;
  RealEnv two;
  std::set<std::uint64_t> seen;
  std::vector<std::uint64_t> there(1000);
  std::jthread other([&] {
    for (auto& n : there) n = one.env().rng.next();
  });
  for (int i = 0; i < 1000; ++i) {
    seen.insert(one.env().rng.next());
    seen.insert(two.env().rng.next());
  }
  other.join();
  seen.insert(there.begin(), there.end());
  CHECK(seen.size() == 3000);
  CHECK(one.env().rng.below(0) == 0);
  for (int i = 0; i < 100; ++i) CHECK(one.env().rng.below(7) < 7);
}

TEST_CASE("a real Env has no faults, and its wall clock is the calendar's") {
  RealEnv real;
  CHECK_FALSE(real.env().faults.fires("x"));
  CHECK(real.env().faults.delay("x") == Duration(0));
  real.env().faults.reached("x");
  real.env().logger.log(LogLevel::info, "nobody listens");
  CHECK(real.env().clock.wall() >
        Timestamp(std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)));
}

TEST_CASE("messages reach the logger that a real Env was given") {
  struct Kept final : Logger {
    void log(LogLevel, std::string_view message) override { kept += message; }
    std::string kept;
  } logger;
  RealEnv real({.logger = &logger});
  real.env().logger.log(LogLevel::info, "hello");
  CHECK(logger.kept == "hello");
}
