// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/time.hpp"

#include <optional>
#include <random>
#include <string>

#include "catch.hpp"

using namespace millrace;

namespace {

std::string again(std::string_view text) {
  const Result<Timestamp> time = parse_time(text);
  return time ? format_time(*time).value() : time.error().message();
}

// Takes a number of least to most digits from the front.
std::optional<int> take(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t n = 0;
  int value = 0;
  for (; n < most && n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n)
    value = value * 10 + (text[n] - '0');
  text.remove_prefix(n);
  return n < least ? std::nullopt : std::optional(value);
}
bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// M/D/YYYY H:MM[:SS], read a byte at a time.
std::optional<Timestamp> expected(std::string_view text) {
  using namespace std::chrono;
  const auto m = take(text, 1, 2);
  if (!m || !take(text, '/')) return {};
  const auto d = take(text, 1, 2);
  if (!d || !take(text, '/')) return {};
  const auto y = take(text, 4, 4);
  if (!y || !take(text, ' ')) return {};
  const auto h = take(text, 1, 2);
  if (!h || !take(text, ':')) return {};
  const auto min = take(text, 2, 2);
  const auto s = take(text, ':') ? take(text, 2, 2) : std::optional(0);
  const year_month_day date(year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d)));
  if (!min || !s || !text.empty() || !date.ok() || *h > 23 || *min > 59 || *s > 59) return {};
  return sys_days(date) + hours(*h) + minutes(*min) + seconds(*s);
}

constexpr const char* no_form = "expected a time like 2016-02-08T00:37:00 or 2/8/2016 0:37, saw ";
constexpr const char* no_range = "no such date or time of day: ";

}  // namespace

TEST_CASE("the accepted forms of a time all read as the same point") {
  for (const char* text :
       {"2/8/2016 0:37", "02/08/2016 00:37", "2/08/2016 0:37:00", "2016-02-08 00:37:00",
        "2016-02-08 00:37:00.000000000", "2016-02-08T00:37:00", "2016-02-08T00:37:00Z",
        "2016-02-08T02:37:00+02:00", "2016-02-07T19:07:00-05:30", "2016-02-08T00:37:00.0Z"}) {
    INFO(text);
    CHECK(again(text) == "2016-02-08T00:37:00");
  }
}

TEST_CASE("every width of month, day and hour reads right") {
  CHECK(again("12/31/2016 23:59") == "2016-12-31T23:59:00");
  CHECK(again("1/31/2016 9:05") == "2016-01-31T09:05:00");
  CHECK(again("10/1/2016 9:05") == "2016-10-01T09:05:00");
  CHECK(again("1/1/2016 19:05") == "2016-01-01T19:05:00");
  CHECK(again("12/31/2016 23:59:58") == "2016-12-31T23:59:58");
  CHECK(again("1/1/0000 0:00") == "0000-01-01T00:00:00");
}

TEST_CASE("a fraction is written with six digits, and only when it is not zero") {
  CHECK(again("2022-12-24T04:53:57.450051") == "2022-12-24T04:53:57.450051");
  CHECK(again("2022-12-24 04:53:57.5") == "2022-12-24T04:53:57.500000");
  CHECK(again("2022-12-24T04:53:57.123456789") == "2022-12-24T04:53:57.123456");
  CHECK(again("2022-12-24T04:53:57.000000999") == "2022-12-24T04:53:57");
  CHECK(again("1969-12-31T23:59:59.999999") == "1969-12-31T23:59:59.999999");
}

TEST_CASE("a date or time of day that does not exist is named") {
  for (const char* text :
       {"2/30/2016 0:37", "2/29/2015 0:37", "2/29/1900 0:00", "13/1/2016 0:37", "0/1/2016 0:37",
        "1/0/2016 0:37", "1/32/2016 0:00", "1/1/2016 24:00", "1/1/2016 0:60", "1/1/2016 0:00:60",
        "2016-02-30T00:00:00", "2016-04-31T00:00:00", "2016-00-01T00:00:00", "2016-01-01T24:00:00",
        "2016-01-01T00:60:00", "2016-01-01T00:00:60", "2016-01-01T00:00:00+24:00",
        "2016-01-01T00:00:00+00:60"}) {
    INFO(text);
    CHECK(again(text) == no_range + ("\"" + std::string(text) + "\""));
  }
  CHECK(again("2/29/2016 0:00") == "2016-02-29T00:00:00");
  CHECK(again("2/29/2000 0:00") == "2000-02-29T00:00:00");
}

TEST_CASE("any other form is refused, and the message says which are known") {
  for (const char* text : {"",
                           " ",
                           "2/8/2016",
                           "2/8/2016 0:3",
                           "2/8/16 0:37",
                           "2/8/2016  0:37",
                           " 2/8/2016 0:37",
                           "2/8/2016 0:37 ",
                           "2-8-2016 0:37",
                           "2/8/2016T0:37",
                           "2/8/2016 0:37Z",
                           "/8/2016 00:37",
                           "2//2016 00:37",
                           "222/8/2016 0:37",
                           "2/8/20160:37",
                           "2/8/2016 :37",
                           "2/8/2016 0:377",
                           "2/8/2016 0:37:1",
                           "2/8/2016 0:37:1a",
                           "a/8/2016 0:37",
                           "2/8/201x 0:37",
                           "2/8/2016 0:3x",
                           "2016-02-08",
                           "2016-02-08T00:37",
                           "2016-02-08t00:37:00",
                           "2016-02-08T00:37:00z",
                           "2016-2-8T00:37:00",
                           "2016-02-08T00:37:00.",
                           "2016-02-08T00:37:00.1234567890",
                           "2016-02-08T00:37:00.Z",
                           "2016-02-08 00:37:00Z",
                           "2016-02-08T00:37:00+0200",
                           "2016-02-08T00:37:00+02",
                           "2016-02-08T00:37:00 +02:00",
                           "2016-02-08T00:37:00+0a:00",
                           "2016_02-08T00:37:00",
                           "2016-02-08T00-37:00",
                           "20160208T003700",
                           "1454891820",
                           "+016-02-08T00:37:00",
                           "2016-02-08T00:37:0",
                           "now"}) {
    INFO(text);
    CHECK(again(text) == no_form + ("\"" + std::string(text) + "\""));
  }
}

TEST_CASE("every time within the years 0 to 9999 reads back as it was written") {
  std::mt19937_64 random(20160208);
  const Timestamp first = parse_time("0000-01-01T00:00:00").value();
  const Timestamp last = parse_time("9999-12-31T23:59:59.999999").value();
  std::uniform_int_distribution<std::int64_t> any(first.time_since_epoch().count(),
                                                  last.time_since_epoch().count());
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp time{Duration(any(random))};
    const std::string text = format_time(time).value();
    INFO(text);
    REQUIRE(parse_time(text).value() == time);
  }
}

TEST_CASE("every day of years of each kind reads right, with numbers of each width") {
  using namespace std::chrono;
  for (const int y : {0, 4, 1600, 1900, 1970, 1999, 2000, 2016, 2100, 9999}) {
    for (sys_days date = year(y) / 1 / 1; year_month_day(date).year() == year(y); date += days(1)) {
      const year_month_day ymd(date);
      const Timestamp time = date + hours(y % 24) + minutes(7);
      const std::string iso = format_time(time).value();
      REQUIRE(parse_time(iso).value() == time);
      std::string digits = iso.substr(5, 2) + "/" + iso.substr(8, 2) + "/" + iso.substr(0, 4) +
                           " " + iso.substr(11, 5);
      INFO(digits);
      REQUIRE(parse_time(digits).value() == time);
      if (digits[11] == '0') digits.erase(11, 1);
      if (digits[3] == '0') digits.erase(3, 1);
      REQUIRE(parse_time(digits).value() == time);
      if (digits[0] == '0') digits.erase(0, 1);
      REQUIRE(parse_time(digits).value() == time);
      REQUIRE(expected(digits) == time);
    }
  }
}

TEST_CASE("what is nearly a time is read as reading a byte at a time does") {
  std::mt19937_64 random(8);
  const std::string alphabet = "0123456789/: ";
  int read = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text = std::to_string(random() % 14) + "/" + std::to_string(random() % 33) + "/" +
                       std::to_string(1895 + random() % 300) + " " + std::to_string(random() % 25) +
                       ":" + std::to_string(10 + random() % 51);
    if (random() % 4 == 0) text += ":" + std::to_string(10 + random() % 51);
    if (random() % 2 == 0) text[random() % text.size()] = alphabet[random() % alphabet.size()];
    if (random() % 8 == 0) text.insert(random() % text.size(), 1, alphabet[random() % 13]);
    if (random() % 8 == 0) text.erase(random() % text.size(), 1);
    Timestamp time;
    const bool good = read_time(text, time);
    INFO(text);
    REQUIRE(good == expected(text).has_value());
    if (good) REQUIRE(time == expected(text));
    read += good;
  }
  CHECK(read > 20'000);
}

TEST_CASE("a mutated time is read as exactly its text says, or refused") {
  std::mt19937_64 random(7);
  const std::string alphabet = "0123456789/-: TZ.+";
  for (int i = 0; i < 50'000; ++i) {
    std::string text = i % 2 ? "12/31/2016 23:59" : "2016-02-08T00:37:00.450051+01:00";
    for (int k = 0; k < 2; ++k) text[random() % text.size()] = alphabet[random() % alphabet.size()];
    text.resize(text.size() - random() % 8);
    Timestamp time;
    if (!read_time(text, time)) continue;
    INFO(text);
    REQUIRE(parse_time(format_time(time).value()).value() == time);
    REQUIRE(text.size() >= 13);
  }
}

TEST_CASE("a time outside the years 0 to 9999 is not written") {
  const Result<std::string> text = format_time(end_of_time);
  REQUIRE_FALSE(text);
  CHECK(text.error().message() ==
        "the time 9223372036854775807 us since 1970 lies outside the years 0 to 9999 that can be "
        "written");
  CHECK_THROWS_AS(DateText(start_of_time), Failure);
}

TEST_CASE("the parts of a day stand as they do in a path") {
  const DateText date(parse_time("2/8/2016 4:37").value());
  CHECK(date.year() == "2016");
  CHECK(date.month() == "02");
  CHECK(date.day() == "08");
  CHECK(date.hour() == "04");
}
