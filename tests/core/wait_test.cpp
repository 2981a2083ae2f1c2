// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/wait.hpp"

#include <optional>
#include <stdexcept>
#include <vector>

#include "catch.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;

namespace {

struct Fixture {
  sim::Env sim;
  std::shared_ptr<Strand> strand = sim.env().scheduler.make_strand();
};

Task<> say(Strand& strand, std::vector<int>& said, int id, int turns) {
  for (int i = 0; i < turns; ++i) {
    said.push_back(id);
    co_await yield(strand);
  }
}

}  // namespace

TEST_CASE("tasks on one strand take turns in the order in which they yielded") {
  Fixture f;
  std::vector<int> said;
  for (int id = 0; id < 3; ++id) f.sim.env().scheduler.spawn(f.strand, say(*f.strand, said, id, 3));
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  CHECK(said == std::vector<int>{0, 1, 2, 0, 1, 2, 0, 1, 2});
}

TEST_CASE("blocking work runs while its coroutine waits, and others go on") {
  Fixture f;
  std::vector<int> order;
  auto blocked = [&](Strand& strand) -> Task<> {
    order.push_back(1);
    const int got = co_await blocking(strand, [&] { return 3; });
    order.push_back(got);
  };
  auto other = [&](Strand&) -> Task<> {
    order.push_back(2);
    co_return;
  };
  f.sim.env().scheduler.spawn(f.strand, blocked(*f.strand));
  f.sim.env().scheduler.spawn(f.strand, other(*f.strand));
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("an exception of blocking work reaches the coroutine") {
  Fixture f;
  std::string reason;
  auto body = [&](Strand& strand) -> Task<> {
    try {
      co_await blocking(strand, [] { throw std::runtime_error("disk on fire"); });
    } catch (const std::runtime_error& e) {
      reason = e.what();
    }
  };
  f.sim.env().scheduler.spawn(f.strand, body(*f.strand));
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  CHECK(reason == "disk on fire");
}

TEST_CASE("a coroutine destroyed while its blocking work waits is not resumed, nor the work run") {
  Fixture f;
  bool ran = false;
  auto body = [&](Strand& strand) -> Task<> { co_await blocking(strand, [&] { ran = true; }); };
  f.sim.env().scheduler.spawn(f.strand, body(*f.strand));
  REQUIRE(f.sim.run_one());
  f.sim.crash();
  CHECK_FALSE(f.sim.run_one());
  CHECK_FALSE(ran);
}

TEST_CASE("a coroutine destroyed while it yields is not resumed") {
  Fixture f;
  std::vector<int> said;
  f.sim.env().scheduler.spawn(f.strand, say(*f.strand, said, 1, 3));
  REQUIRE(f.sim.run_one());
  f.sim.crash();
  CHECK_FALSE(f.sim.run_one());
  CHECK(said.size() == 1);
}

TEST_CASE("a child that is dropped while it waits leaves nothing behind, and its parent goes on") {
  Fixture f;
  std::vector<int> said;
  bool blocked_ran = false;
  bool ended = false;
  auto parent = [&](Strand& strand) -> Task<> {
    std::optional<Task<>> yielding = say(strand, said, 1, 9);
    yielding->handle().resume();
    auto block = [&]() -> Task<> { co_await blocking(strand, [&] { blocked_ran = true; }); };
    std::optional<Task<>> waiting = block();
    waiting->handle().resume();
    yielding.reset();
    waiting.reset();
    co_await yield(strand);
    ended = true;
  };
  f.sim.env().scheduler.spawn(f.strand, parent(*f.strand));
  REQUIRE(f.sim.run() == sim::Ended::all_done);
  CHECK(said.size() == 1);
  CHECK_FALSE(blocked_ran);
  CHECK(ended);
}
