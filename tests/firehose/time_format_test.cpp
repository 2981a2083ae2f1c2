// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/time_format.hpp"

#include "catch.hpp"
#include "millrace/runtime/real_env.hpp"
#include "vectors.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono;

namespace {

struct Case {
  std::string zone, instant, pattern, expected;
};
constexpr auto describe(type<Case>) {
  return fields("zone", &Case::zone, "instant", &Case::instant, "pattern", &Case::pattern,
                "expected", &Case::expected);
}
struct Cases {
  std::vector<Case> cases;
};
constexpr auto describe(type<Cases>) { return fields("cases", &Cases::cases); }

std::string format(std::string_view pattern, Timestamp time, std::string_view zone = "UTC") {
  return TimePattern::parse(pattern).value().format(time, TimeZone::fixed(zone).value());
}

std::string refusal(std::string_view pattern) {
  const auto parsed = TimePattern::parse(pattern);
  REQUIRE_FALSE(parsed);
  return parsed.error().message();
}

}  // namespace

TEST_CASE("times are written as java.time writes them, in all vectors") {
  RealEnv env;
  const auto all = vectors::read<Cases>("datetimeformatter.json");
  REQUIRE(all.cases.size() == 128);
  for (const Case& c : all.cases) {
    INFO(c.pattern << " of " << c.instant << " in " << c.zone);
    const TimeZone zone = TimeZone::find(c.zone, env.env().fs).value();
    CHECK(TimePattern::parse(c.pattern).value().format(vectors::time(c.instant), zone) ==
          c.expected);
  }
}

TEST_CASE("each field has its widths") {
  const Timestamp time = sys_days(2024y / 3 / 5) + 0h + 7min + 9s + 12'345us;
  CHECK(format("G GGGG GGGGG", time) == "AD Anno Domini A");
  CHECK(format("y yy yyy yyyyyy", time) == "2024 24 2024 002024");
  CHECK(format("Q QQ QQQ QQQQ QQQQQ q", time) == "1 01 Q1 1st quarter 1 1");
  CHECK(format("L LL LLL LLLL LLLLL", time) == "3 03 Mar March M");
  CHECK(format("E EEEE EEEEE e ee eee c ccc cccc", time) == "Tue Tuesday T 3 03 Tue 3 Tue Tuesday");
  CHECK(format("w ww W D DD DDD d F", time) == "10 10 2 65 65 065 5 5");
  CHECK(format("h hh H k kk K a", time) == "12 12 0 24 24 0 AM");
  CHECK(format("S SSS SSSSSSSSS n N A AAAAAAA", time) ==
        "0 012 012345000 12345000 429012345000 429012 0429012");
  CHECK(format("m[:s]", time) == "7:9");
  CHECK(format("-./:, !", time) == "-./:, !");
}

TEST_CASE("offsets from UTC have all of Java's forms") {
  const Timestamp time{};
  std::string all;
  for (const char letter : {'X', 'x'})
    for (std::size_t width = 1; width <= 5; ++width) all += std::string(width, letter) + " ";
  all += "Z ZZZZ ZZZZZ O OOOO";
  CHECK(format(all, time) == "Z Z Z Z Z +00 +0000 +00:00 +0000 +00:00 +0000 GMT Z GMT GMT");
  CHECK(format(all, time, "+09:00") ==
        "+09 +0900 +09:00 +0900 +09:00 +09 +0900 +09:00 +0900 +09:00 +0900 GMT+09:00 +09:00 GMT+9 "
        "GMT+09:00");
  CHECK(format(all, time, "-03:30:15") ==
        "-0330 -0330 -03:30 -033015 -03:30:15 -0330 -0330 -03:30 -033015 -03:30:15 -0330 "
        "GMT-03:30:15 -03:30:15 GMT-3:30:15 GMT-03:30:15");
  CHECK(format("VV", time, "+09:00") == "+09:00");
}

TEST_CASE("years before the first and after 9999 are written as Java writes them") {
  const Timestamp before = sys_days(year(-43) / 3 / 15);
  CHECK(format("yyyy uuuu G", before) == "0044 -0043 BC");
  CHECK(format("yyyy uuuu yyy yy", sys_days(year(12345) / 1 / 1)) == "+12345 +12345 12345 45");
  for (const Timestamp time : {start_of_time, end_of_time})
    CHECK_FALSE(format("yyyy-MM-dd'T'HH:mm:ss.SSSSSS", time, "-18").empty());
  CHECK(format("yyyy-MM-dd'T'HH:mm:ss.SSSSSS", end_of_time) == "+294247-01-10T04:00:54.775807");
  CHECK(format("uuuu-MM-dd'T'HH:mm:ss.SSSSSS", start_of_time) == "-290308-12-21T19:59:05.224192");
}

TEST_CASE("a pattern that Java would refuse is refused, with its column") {
  CHECK(refusal("yyyy jj") ==
        "time pattern, column 6: the letter 'j' means nothing; put text between single quotes");
  CHECK(refusal("MMMMMM") == "time pattern, column 1: the letter 'M' can't come 6 times in a row");
  CHECK(refusal("V") == "time pattern, column 1: the letter 'V' can't come 1 time in a row");
  for (const char* pattern : {"aa", "DDDD", "HHH", "cc", "www", "WW", "OO", "XXXXXX", "ZZZZZZ",
                              "SSSSSSSSSS", "FF", "yyyyyyyyyyyyyyyyyyyy"})
    CHECK(refusal(pattern).find("can't come") != std::string::npos);
  CHECK(refusal("yyyy'year") == "time pattern, column 5: the quote that opens here is not closed");
  CHECK(refusal("'''") == "time pattern, column 1: the quote that opens here is not closed");
  CHECK(refusal("yyyy]") == "time pattern, column 5: ']' without a '[' before it");
  for (const char* pattern : {"{", "}", "#"})
    CHECK(refusal(pattern).find("is reserved; put it between single quotes") != std::string::npos);
  CHECK(refusal("HH z") ==
        "time pattern, column 4: the letter 'z' is not supported; for a zone write VV, X or Z");
  CHECK(TimePattern::parse("z").error().code() == Errc::unsupported);
  CHECK(TimePattern::parse("j", 20).error().message().find("column 20") != std::string::npos);
}

TEST_CASE("quotes, brackets and an empty pattern") {
  const Timestamp time{};
  CHECK(format("", time).empty());
  CHECK(format("''''yyyy'a''b'", time) == "'1970a'b");
  CHECK(format("[yyyy", time) == "1970");
  CHECK(format("'{}#[]'", time) == "{}#[]");
}
