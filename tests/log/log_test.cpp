// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/log.hpp"

#include "catch.hpp"
#include "log_fixture.hpp"

using namespace log_test;

TEST_CASE("what was appended is read in order") {
  sim::Env sim;
  auto log = Log::open(sim.env(), dir, {.shards = 1}).value();
  for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(put(log, "record " + std::to_string(i)) == i);
  const auto all = read_shard(sim.env()).value();
  REQUIRE(all.size() == 1000);
  CHECK(all.front() == "record 0");
  CHECK(all.back() == "record 999");
}
