// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/plan.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using Kind = sim::PlannedFault::Kind;

TEST_CASE("a plan of faults is read back from its text") {
  const sim::Plan plan = {
      {.kind = Kind::delays, .by = 20ms},
      {.after = 120ms, .kind = Kind::power, .site = "checkpoint.decided"},
      {.after = 130ms, .kind = Kind::io, .site = "disk.write", .visit = 3, .lasting = 50ms},
      {.after = 140ms, .kind = Kind::wall, .by = -1h}};
  const std::string text =
      "0us delays by 20000us; 120000us power checkpoint.decided; "
      "130000us io disk.write#3 lasting 50000us; 140000us wall by -3600000000us";
  CHECK(sim::to_text(plan) == text);
  CHECK(sim::parse_plan(text).value() == plan);
  CHECK(sim::parse_plan("").value().empty());
}

TEST_CASE("what is no fault is refused with its text") {
  for (const char* part : {"kill", "12 kill", "12us explode", "12us kill a#0", "12us kill a b",
                           "12us wait a by", "12us wait a lasting soon"}) {
    INFO(part);
    const auto refused = sim::parse_plan(std::string("1us kill;") + part);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::invalid_input);
    CHECK(refused.error().message().find(std::string("\"") + part + "\" is no fault") !=
          std::string::npos);
  }
}
