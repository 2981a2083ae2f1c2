// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/json_encode.hpp"

#include <limits>
#include <string>

#include "catch.hpp"
#include "millrace/formats/json_validate.hpp"
#include "sample.hpp"

using namespace millrace;
using sample::Incident;
using sample::With;

namespace json_encode_app {
struct Point {
  double x = 0;
  float y = 0;
};
constexpr auto describe(type<Point>) { return fields("x", &Point::x, "y", &Point::y); }
struct Numbers {
  std::int8_t a = std::numeric_limits<std::int8_t>::min();
  std::uint16_t b = std::numeric_limits<std::uint16_t>::max();
  std::int64_t c = std::numeric_limits<std::int64_t>::min();
  std::uint64_t d = std::numeric_limits<std::uint64_t>::max();
  bool e = true;
};
constexpr auto describe(type<Numbers>) {
  return fields("a", &Numbers::a, "b", &Numbers::b, "c", &Numbers::c, "d", &Numbers::d, "e",
                &Numbers::e);
}
struct Path {
  std::string name;
  std::vector<Point> points;
  std::optional<Point> end;
};
constexpr auto describe(type<Path>) {
  return fields("name", &Path::name, "points", &Path::points, "end", &Path::end);
}
struct Odd {
  int quoted = 1;
  int control = 2;
  int accent = 3;
};
constexpr auto describe(type<Odd>) {
  return fields("a \"b\"\\", &Odd::quoted, "\n", &Odd::control, "\xc3\xa9", &Odd::accent);
}
}  // namespace json_encode_app

namespace {
template <class T>
std::string encode(const T& value, json::EncodeOptions options = {}) {
  With with(json::lines(options));
  return with.encode(value);
}
}  // namespace

TEST_CASE("a described struct is written as one object without a line break") {
  Incident value;
  value.id = "A-1";
  value.severity = 4;
  value.start = sample::at("2022-12-24T04:53:57.450051");
  value.city = "D\nublin";
  CHECK(encode(value) == R"x({"ID":"A-1","Severity":4,"Start_Time":"2022-12-24T04:53:57.450051",)x"
                         R"x("Distance(mi)":null,"Night":false,"City":"D\nublin"})x");
  value.distance = 3.23;
  value.start = sample::at("2/8/2016 0:37");
  CHECK(With(json::value()).encode(value) ==
        R"x({"ID":"A-1","Severity":4,"Start_Time":"2016-02-08T00:37:00",)x"
        R"x("Distance(mi)":3.23,"Night":false,"City":"D\nublin"})x");
}

TEST_CASE("integers of every width are written in full") {
  CHECK(encode(json_encode_app::Numbers{}) ==
        R"({"a":-128,"b":65535,"c":-9223372036854775808,"d":18446744073709551615,"e":true})");
}

TEST_CASE("floats are written with the fewest digits that read back the same") {
  CHECK(encode(json_encode_app::Point{0.1, 0.1f}) == R"({"x":0.1,"y":0.1})");
  CHECK(encode(json_encode_app::Point{1e300, 16777216.0f}) == R"({"x":1e+300,"y":16777216})");
  CHECK(encode(json_encode_app::Point{-0.0, 1e-45f}) == R"({"x":-0,"y":1e-45})");
  CHECK(encode(json_encode_app::Point{std::numeric_limits<double>::max(), 0}) ==
        R"({"x":1.7976931348623157e+308,"y":0})");
}

TEST_CASE("nested structs and vectors are written in place") {
  json_encode_app::Path path{"p", {{1, 2}, {3, 4}}, json_encode_app::Point{5, 6}};
  CHECK(encode(path) ==
        R"({"name":"p","points":[{"x":1,"y":2},{"x":3,"y":4}],"end":{"x":5,"y":6}})");
  path.points.clear();
  path.end.reset();
  CHECK(encode(path) == R"({"name":"p","points":[],"end":null})");
}

TEST_CASE("names and texts are escaped where they must be and nowhere else") {
  CHECK(encode(json_encode_app::Odd{}) == "{\"a \\\"b\\\"\\\\\":1,\"\\u000a\":2,\"\xc3\xa9\":3}");
  CHECK(encode(std::string("\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9")) ==
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"");
  CHECK(encode(std::string("a\0b", 3)) == "\"a\\u0000b\"");
}

TEST_CASE("a text of any length with one special byte at any place comes out right") {
  for (const std::string special : {"\"", "\\", "\x01", "\xc3\xa9", "\xf0\x9d\x84\x9e", "x"}) {
    const std::string escaped = special == "\""     ? "\\\""
                                : special == "\\"   ? "\\\\"
                                : special == "\x01" ? "\\u0001"
                                                    : special;
    for (std::size_t size = 0; size < 70; ++size) {
      const std::string before(size % 41, 'a');
      const std::string after(size, 'b');
      const std::string text = before + special + after;
      const std::vector<char> bytes(text.begin(), text.end());  // ends where its allocation ends
      CHECK(encode(std::string_view(bytes.data(), bytes.size())) ==
            "\"" + before + escaped + after + "\"");
    }
  }
}

TEST_CASE("a long text that is all escapes comes out whole") {
  const std::string text(100'000, '\x02');
  const std::string out = encode(text);
  CHECK(out.size() == 600'002);
  CHECK(json::validate(out));
}

TEST_CASE("what JSON can't say is an error that names the field") {
  CHECK(encode(json_encode_app::Point{std::numeric_limits<double>::quiet_NaN(), 0}) ==
        "json: field \"x\": NaN can't be written in JSON; use a std::optional, or filter it out "
        "before");
  CHECK(encode(json_encode_app::Path{"p", {{0, -std::numeric_limits<float>::infinity()}}, {}}) ==
        "json: field \"points[0].y\": -infinity can't be written in JSON; use a std::optional, or "
        "filter it out before");
  Incident value;
  value.start = end_of_time;
  CHECK(encode(value) ==
        "json: field \"Start_Time\": the time 9223372036854775807 us since 1970 lies outside the "
        "years 0 to 9999 that can be written");
  value = {};
  value.city = "a\xff";
  CHECK(encode(value) == "json: field \"City\": the text is not UTF-8 at byte 1 of \"a\\xff\"");
}

TEST_CASE("bytes that are not UTF-8 are replaced on request") {
  CHECK(encode(std::string("a\xff\xc3\"\xe2\x82z"), {json::InvalidUtf8::replace}) ==
        "\"a\xef\xbf\xbd\xef\xbf\xbd\\\"\xef\xbf\xbd\xef\xbf\xbdz\"");
}
