// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/lake_layout.hpp"

#include "catch.hpp"
#include "millrace/core/error.hpp"

using namespace millrace;
using namespace millrace::store;
using namespace std::chrono;

namespace {

LakeTable accidents() {
  LakeTable table;
  table.account = "123456789012";
  table.source = "us_accidents";
  table.source_region = "us";
  table.table = "accidents";
  return table;
}

}  // namespace

TEST_CASE("a lake's key names table, day, stream version and id") {
  const Timestamp time = sys_days(2022y / 12 / 24) + 4h + 53min;
  CHECK(lake_key(accidents(), time, "0f") ==
        "company-raw-us-east-1-123456789012-dev/us_accidents/us/accidents/year=2022/month=12/"
        "day=24/accidents_20221224-1-0f.json");
  CHECK(lake_key(accidents(), Timestamp(-1us), "0f").find("/year=1969/month=12/day=31/") !=
        std::string::npos);
}

TEST_CASE("times that no calendar shows give the day 0000-00-00") {
  for (const Timestamp time : {start_of_time, end_of_time})
    CHECK(lake_key(accidents(), time, "x")
              .find("/year=0000/month=00/day=00/accidents_00000000-1-x.json") != std::string::npos);
  CHECK(lake_key(accidents(), sys_days(9999y / 12 / 31), "x").find("/year=9999/month=12/day=31/") !=
        std::string::npos);
}

TEST_CASE("a table with an empty part or a slash in it is refused") {
  LakeTable table = accidents();
  table.source_region = "";
  CHECK_THROWS_WITH(lake_prefix(table),
                    "lake table \"accidents\": \"\" can't be a part of its keys; every field of "
                    "LakeTable needs a value without '/'");
  table.source_region = "../us";
  CHECK_THROWS_AS(lake_prefix(table), Failure);
}

TEST_CASE("a uuid is random, of version 4") {
  SeededRng rng(1);
  const std::string one = make_uuid(rng);
  CHECK(one.size() == 36);
  CHECK(one[14] == '4');
  CHECK(std::string_view("89ab").find(one[19]) != std::string_view::npos);
  CHECK(one != make_uuid(rng));
}
