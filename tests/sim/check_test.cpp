// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/check.hpp"

#include "catch.hpp"
#include "sim/jobs.hpp"

using namespace sim_jobs;
using Catch::Contains;

namespace {

/// Doubles what it has prepared before a crash: its tokens are lost with the process.
void planted(Topology& t, sim::World& w) {
  auto sink = w.sink<Bid>("out", {.exactly_once = false, .id = id_of});
  struct Twice {
    sim::WorldSink<Bid> sink;
    void write(const Batch<Bid>& batch, Context& cx) {
      sink.write(batch, cx);
      if (cx.env().clock.wall() > Timestamp(std::chrono::seconds(1'577'836'800)) + 30min)
        sink.write(batch, cx);
    }
  };
  source(t, w).to("out", Twice{sink});
}

}  // namespace

TEST_CASE("a seed has the records, checkpoints, crashes and faults that it shall have") {
  const auto result = sim::check(windows, {.seeds = 12});
  INFO(result.counts());
  CHECK(result.failure == "");
  CHECK(result.seeds == 12);
  CHECK(result.least.records >= 2000);
  CHECK(result.least.checkpoints >= 10);
  CHECK(result.least.crashes >= 4);
  CHECK(result.least.faults >= 10);
  CHECK(result.least.rescaled >= 1);
  CHECK(4 * result.all.recovery_crashes >= result.all.crashes);
}

TEST_CASE("sliding windows give each sum and each correction once, whatever goes wrong") {
  const auto result = sim::check(sliding_windows, {.seeds = 12});
  INFO(result.counts());
  CHECK(result.failure == "");
  CHECK(result.least.rescaled >= 1);
}

TEST_CASE("a stream on the simulated disk has each record once, whatever goes wrong") {
  const auto result = sim::check(to_log, {.seeds = 8});
  INFO(result.counts());
  CHECK(result.failure == "");
}

TEST_CASE("two sources are joined as without faults, whatever goes wrong") {
  const auto result = sim::check(joins, {.seeds = 8});
  INFO(result.counts());
  CHECK(result.failure == "");
  CHECK(result.all.crashes > 0);
}

TEST_CASE("what fails is told with seed, commit and the smallest list, which fails again") {
  const auto result = sim::check(planted, {.seeds = 40, .commit = "abc123"});
  REQUIRE(result.failures == 1);
  INFO(result.failure);
  CHECK_THAT(result.failure, Contains(", commit abc123: out: visible 2 times: "));
  // Only the clock is to blame.
  const std::string plan =
      result.failure.substr(result.failure.find(".plan = \"") + 9,
                            result.failure.rfind("\"})") - result.failure.find(".plan = \"") - 9);
  const auto faults = sim::parse_plan(plan).value();
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].kind == sim::PlannedFault::Kind::wall);
  const auto again =
      sim::check(planted, {.seed = result.seeds, .seeds = 1, .plan = plan, .commit = "abc123"});
  CHECK(again.failure == result.failure);
}

TEST_CASE("records that nothing tells apart need an id, and the failure says so") {
  struct Plain {
    int n = 0;
  };
  const std::vector<Plain> records(10);
  const auto found = [&](const sim::OutputOptions<Plain>& options) {
    return sim::check(
               [&](Topology& t, sim::World& w) {
                 w.source<Plain>(t, "in", records).to("out", w.sink<Plain>("out", options));
               },
               {.seeds = 1})
        .failure;
  };
  CHECK_THAT(found({}), Contains("step \"out\": nothing tells one of these records from another"));
  CHECK(found({.id = [](const Plain& plain) { return std::to_string(plain.n); }}) == "");
}

TEST_CASE("without faults nothing goes wrong, and nothing is injected") {
  const auto result = sim::check(copy, {.seeds = 3, .faults = sim::FaultKinds::none});
  CHECK(result.failure == "");
  CHECK(result.all.crashes == 0);
  CHECK(result.all.faults == 0);
}

TEST_CASE("a site of the protocol that saw no crash is named when each shall have one") {
  const auto result = sim::check(copy, {.seeds = 1, .crashes_a_site = 1});
  CHECK(result.failures == 0);
  CHECK_THAT(result.failure, Contains("site sink.commit") || Contains("site checkpoint.decided"));
}

TEST_CASE("what a user requires is checked at the end of each run") {
  const auto result = sim::check(
      [](Topology& t, sim::World& w) {
        copy(t, w);
        w.require("as many as came in", [](const sim::World& world) {
          const std::size_t n = world.visible("out").size();
          return n == bids().size() ? "" : std::to_string(n) + " came out";
        });
        w.require("never", [](const sim::World&) { return "always wrong"; });
      },
      {.seeds = 1});
  CHECK_THAT(result.failure, Contains("seed 1: without any fault: never: always wrong"));
}
