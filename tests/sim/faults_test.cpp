// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/faults.hpp"

#include <string>

#include "catch.hpp"

using namespace millrace;

namespace {
std::string outcome(std::uint64_t seed) {
  sim::Faults faults(seed, {.fires = 0.3});
  std::string out;
  for (int i = 0; i < 200; ++i) out += faults.fires("x") ? 'F' : '.';
  return out;
}
}  // namespace

TEST_CASE("a simulation without faults has none") {
  sim::Faults faults(1, {});
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(faults.fires("x"));
    CHECK(faults.delay("x") == Duration(0));
  }
  CHECK(faults.fault_count("x") == 0);
  CHECK(faults.reached_count("x") == 200);
}

TEST_CASE("a site fires as often as its options say, and by seed") {
  CHECK(outcome(1) == outcome(1));
  CHECK(outcome(1) != outcome(2));
  sim::Faults faults(1, {.fires = 1});
  faults.set("rare", {.fires = 0.1, .delays = 0.5, .longest = Duration(10)});
  int fired = 0;
  int delayed = 0;
  for (int i = 0; i < 1000; ++i) {
    fired += faults.fires("rare");
    const Duration d = faults.delay("rare");
    delayed += d > Duration(0);
    CHECK(d <= Duration(10));
    CHECK(faults.fires("other"));
  }
  CHECK(fired > 50);
  CHECK(fired < 200);
  CHECK(delayed > 300);
  CHECK(faults.fault_count("rare") == static_cast<std::uint64_t>(fired + delayed));
  faults.set_everywhere({});
  CHECK_FALSE(faults.fires("other"));
}

TEST_CASE("sites that were reached are counted, others are zero") {
  sim::Faults faults(1, {});
  faults.reached("2pc.crash_after_manifest");
  faults.reached("2pc.crash_after_manifest");
  CHECK(faults.reached_count("2pc.crash_after_manifest") == 2);
  CHECK(faults.reached_count("never") == 0);
  CHECK(faults.fault_count("never") == 0);
}

TEST_CASE("a plan is asked at each visit, and what it says goes before chance") {
  sim::Faults faults(1, {});
  std::string visited;
  faults.on_visit([&](std::string_view site) -> sim::SiteFault {
    visited += std::string(site) + '#' + std::to_string(faults.reached_count(site)) + ' ';
    if (site == "slow") return {.delay = Duration(7)};
    return {.fires = site == "broken"};
  });
  CHECK(faults.fires("broken"));
  CHECK_FALSE(faults.fires("whole"));
  CHECK(faults.delay("slow") == Duration(7));
  CHECK(faults.delay("fast") == Duration(0));
  faults.reached("slow");
  CHECK(visited == "broken#1 whole#1 slow#1 fast#1 slow#2 ");
  CHECK(faults.fault_count("slow") == 1);
  CHECK(faults.fault_count("broken") == 1);
}
