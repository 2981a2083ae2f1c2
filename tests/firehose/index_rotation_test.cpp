// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/index_rotation.hpp"

#include "catch.hpp"
#include "vectors.hpp"

using namespace millrace;
using namespace millrace::firehose;

namespace {

struct Case {
  std::string index, instant, no_rotation, one_hour, one_day, one_month;
  std::optional<std::string> one_week;
};
constexpr auto describe(type<Case>) {
  return fields("index", &Case::index, "instant", &Case::instant, "NoRotation", &Case::no_rotation,
                "OneHour", &Case::one_hour, "OneDay", &Case::one_day, "OneMonth", &Case::one_month,
                "OneWeek", &Case::one_week);
}
struct Weeks {
  std::string date, us, us_calendar_year, iso, first_sunday;
};
constexpr auto describe(type<Weeks>) {
  return fields("date", &Weeks::date, "us_weekbased", &Weeks::us, "us_calendar_year",
                &Weeks::us_calendar_year, "iso", &Weeks::iso, "strftime_U", &Weeks::first_sunday);
}
struct Cases {
  std::vector<Case> cases;
  std::vector<Weeks> weeks;
};
constexpr auto describe(type<Cases>) {
  return fields("cases", &Cases::cases, "week_rules", &Cases::weeks);
}

}  // namespace

TEST_CASE("indexes rotate as the vectors say") {
  const auto all = vectors::read<Cases>("index_rotation.json");
  REQUIRE(all.cases.size() == 4);
  for (const Case& c : all.cases) {
    INFO(c.instant);
    const auto name = [&](IndexRotation rotation) {
      return index_name(c.index, rotation, vectors::time(c.instant));
    };
    CHECK(name(IndexRotation::no_rotation) == c.no_rotation);
    CHECK(name(IndexRotation::one_hour) == c.one_hour);
    CHECK(name(IndexRotation::one_day) == c.one_day);
    CHECK(name(IndexRotation::one_month) == c.one_month);
    CHECK(name(IndexRotation::one_week) == c.one_week.value_or("myindex-2016-w09"));
  }
}

TEST_CASE("weeks are counted by each of the four rules") {
  const auto all = vectors::read<Cases>("index_rotation.json");
  REQUIRE(all.weeks.size() == 22);
  for (const Weeks& c : all.weeks) {
    INFO(c.date);
    const auto week = [&](WeekRule rule) {
      return index_name("i", IndexRotation::one_week, vectors::time(c.date + "T12:00:00"), rule)
          .substr(2);
    };
    CHECK(week(WeekRule::us) == c.us);
    CHECK(week(WeekRule::us_calendar_year) == c.us_calendar_year);
    CHECK(week(WeekRule::iso) == c.iso);
    CHECK(week(WeekRule::first_sunday) == c.first_sunday);
  }
}

TEST_CASE("rotations have Firehose's names") {
  for (const auto rotation :
       {IndexRotation::no_rotation, IndexRotation::one_hour, IndexRotation::one_day,
        IndexRotation::one_week, IndexRotation::one_month})
    CHECK(parse_rotation(to_string(rotation)).value() == rotation);
  CHECK(parse_rotation("oneday").error().message() ==
        "index rotation \"oneday\" is not one of NoRotation, OneHour, OneDay, OneWeek and "
        "OneMonth");
}

TEST_CASE("the first and last times have names, too") {
  for (const Timestamp time : {start_of_time, end_of_time})
    for (const auto rotation : {IndexRotation::one_hour, IndexRotation::one_week})
      for (const auto rule :
           {WeekRule::us, WeekRule::us_calendar_year, WeekRule::iso, WeekRule::first_sunday})
        CHECK(index_name("i", rotation, time, rule).starts_with("i-"));
}

TEST_CASE("names that no index can have are refused") {
  CHECK(check_index_name("my-index.2016"));
  CHECK(check_index_name(std::string(80, 'a')));
  CHECK(check_index_name("").error().message() ==
        "index name \"\": it has none, or more than 80 characters");
  CHECK_FALSE(check_index_name(std::string(81, 'a')));
  CHECK(check_index_name("..").error().message().find("stands for a directory") !=
        std::string::npos);
  CHECK(check_index_name("_a").error().message().find("begins with one of") != std::string::npos);
  CHECK(check_index_name("Index").error().message().find("upper-case") != std::string::npos);
  for (const char* name : {"a b", "a/b", "a*", "a,b", "a\n", "a:b", "a\x7f"})
    CHECK(check_index_name(name).error().message().find("a blank, a control") != std::string::npos);
}
