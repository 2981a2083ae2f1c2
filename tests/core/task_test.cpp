// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/task.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/core/wait.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;

namespace {

// Enough frames left on the stack to overflow 8 MiB, few enough for an instrumented build.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr long many = 1'000'000;
#else
constexpr long many = 10'000'000;
#endif

Task<long> one() { co_return 1; }

Task<> count_finished_tasks(long n, long& sum) {
  for (long i = 0; i < n; ++i) sum += co_await one();
}

Task<int> next(Strand& strand, int i) {
  if (i % 2) co_await yield(strand);
  co_return i;
}

Task<int> fails(Strand& strand, bool suspend) {
  if (suspend) co_await yield(strand);
  throw std::runtime_error("no");
}

struct Marks {
  std::vector<std::string>& out;
  std::string name;
  ~Marks() { out.push_back(name); }
};

Task<> inner(Strand& strand, std::vector<std::string>& gone) {
  Marks mark{gone, "inner"};
  co_await yield(strand);
  gone.push_back("inner ran on");
}

Task<> outer(Strand& strand, std::vector<std::string>& gone) {
  Marks mark{gone, "outer"};
  co_await inner(strand, gone);
}

template <class F>
void run(F&& body) {
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  sim.env().scheduler.spawn(strand, body(*strand));
  REQUIRE(sim.run() == sim::Ended::all_done);
}

}  // namespace

TEST_CASE("a loop over tasks that finish at once does not use up the stack") {
  long sum = 0;
  run([&](Strand&) { return count_finished_tasks(many, sum); });
  CHECK(sum == many);
}

TEST_CASE("a task starts when it is awaited, not before") {
  bool started = false;
  auto body = [&](Strand&) -> Task<> {
    auto lazy = [&]() -> Task<int> {
      started = true;
      co_return 7;
    };
    Task<int> task = lazy();
    CHECK_FALSE(started);
    const int got = co_await task;
    CHECK(got == 7);
    CHECK(started);
  };
  run(body);
}

TEST_CASE("results come back from tasks that suspend and from those that do not") {
  int sum = 0;
  auto body = [&](Strand& strand) -> Task<> {
    for (int i = 0; i < 100; ++i) sum += co_await next(strand, i);
  };
  run(body);
  CHECK(sum == 4950);
}

TEST_CASE("a move-only result is handed over") {
  auto body = [](Strand&) -> Task<> {
    auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
    const auto p = co_await make();
    CHECK(*p == 5);
  };
  run(body);
}

TEST_CASE("an exception reaches the one who awaits") {
  int caught = 0;
  auto body = [&](Strand& strand) -> Task<> {
    for (const bool suspend : {false, true}) {
      try {
        co_await fails(strand, suspend);
      } catch (const std::runtime_error&) {
        ++caught;
      }
    }
  };
  run(body);
  CHECK(caught == 2);
}

TEST_CASE("destroying a suspended task destroys the tasks it waits for") {
  std::vector<std::string> gone;
  sim::Env sim;
  auto strand = sim.env().scheduler.make_strand();
  sim.env().scheduler.spawn(strand, outer(*strand, gone));
  REQUIRE(sim.run_one());
  REQUIRE(gone.empty());
  sim.crash();
  CHECK(gone == std::vector<std::string>{"inner", "outer"});
  CHECK_FALSE(sim.run_one());
}

TEST_CASE("a task that was never awaited goes without having run") {
  bool ran = false;
  auto lazy = [&]() -> Task<> {
    ran = true;
    co_return;
  };
  {
    Task<> task = lazy();
    CHECK(static_cast<bool>(task));
    Task<> other = std::move(task);
    CHECK_FALSE(static_cast<bool>(task));
    task = std::move(other);
    CHECK(static_cast<bool>(task));
  }
  CHECK_FALSE(ran);
}
