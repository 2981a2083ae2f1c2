// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/json_decode.hpp"

#include <string>

#include "catch.hpp"
#include "sample.hpp"

using namespace millrace;
using sample::Incident;
using sample::With;

namespace json_decode_app {
struct Item {
  std::string name;
  std::optional<std::int16_t> count;
};
constexpr auto describe(type<Item>) { return fields("name", &Item::name, "count", &Item::count); }
struct Order {
  std::uint64_t id = 7;
  float price = 0;
  std::vector<Item> items;
  std::optional<Item> gift;
  std::vector<std::vector<int>> grid;
};
constexpr auto describe(type<Order>) {
  return fields("id", &Order::id, "price", &Order::price, "items", &Order::items, "gift",
                &Order::gift, "grid", &Order::grid);
}
struct Tree {
  std::vector<Tree> children;
};
constexpr auto describe(type<Tree>) { return fields("c", &Tree::children); }
struct Odd {
  int quoted = 0;
  int accent = 0;
};
constexpr auto describe(type<Odd>) {
  return fields("a \"b\"\n", &Odd::quoted, "\xc3\xa9", &Odd::accent);
}
}  // namespace json_decode_app

namespace {
template <class T>
std::string decode(std::string_view text, T& out, json::DecodeOptions options = {}) {
  static With with(json::as<T>());
  with.format = json::as<T>(options);
  return with.decode(Text(text), out);
}
template <class T = Incident>
std::string problem(std::string_view text, json::DecodeOptions options = {}) {
  T out;
  return decode(text, out, options);
}
const std::string whole =
    R"x({"ID":"A-1","Severity":3,"Start_Time":"2/8/2016 0:37","Distance(mi)":3.23,"Night":true,)x"
    R"x("City":"Dublin"})x";
std::string with_field(std::string_view name, std::string_view value) {
  std::string text = whole;
  const std::size_t at = text.find("\"" + std::string(name) + "\":") + name.size() + 3;
  const std::size_t end = text.find_first_of(",}", at);
  return text.replace(at, end - at, value);
}
}  // namespace

TEST_CASE("a JSON object becomes the struct that its description says") {
  Incident out;
  REQUIRE(decode(whole, out) == "value");
  CHECK(out.id == Text("A-1"));
  CHECK(out.id.data() == whole.data() + 7);  // a view, not a copy
  CHECK(out.severity == 3);
  CHECK(out.start == sample::at("2016-02-08T00:37:00"));
  CHECK(out.distance == 3.23);
  CHECK(out.night);
  CHECK(out.city == "Dublin");
}

TEST_CASE("members may come in any order, with blanks, unknown ones in between") {
  Incident out;
  REQUIRE(decode(" {\n\"City\" : \"x\" , \"u\":[1,{\"a\":null}],\"Night\":false,\"Severity\":-1,"
                 "\"v\":{},\"Start_Time\":\"2016-02-08T00:37:00Z\",\"\":0,\"ID\":\"\" }\t",
                 out) == "value");
  CHECK(out.city == "x");
  CHECK(out.severity == -1);
  CHECK_FALSE(out.distance);
}

TEST_CASE("each field of a slot that held another record is assigned") {
  Incident out;
  REQUIRE(decode(whole, out) == "value");
  REQUIRE(decode(with_field("Distance(mi)", "null"), out) == "value");
  CHECK_FALSE(out.distance);
  out.distance = 1;
  REQUIRE(decode(R"({"ID":"","Severity":0,"Start_Time":"2/8/2016 0:37","Night":false,"City":""})",
                 out) == "value");
  CHECK_FALSE(out.distance);
  CHECK(out.city.empty());
}

TEST_CASE("escapes become what they say, in a text of the writer's own") {
  Incident out;
  const std::string text = with_field("ID", R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud834\udd1e.")");
  REQUIRE(decode(text, out) == "value");
  CHECK(out.id == Text("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e."));
  CHECK(out.city == "Dublin");
  REQUIRE(decode(with_field("City", R"("a\u0000b")"), out) == "value");
  CHECK(out.city == std::string("a\0b", 3));
  REQUIRE(decode(with_field("Start_Time", R"("2\/8\/2016 0:37")"), out) == "value");
  CHECK(out.start == sample::at("2016-02-08T00:37:00"));
}

TEST_CASE("a member's name may be escaped, and a described one may need it") {
  json_decode_app::Odd out;
  REQUIRE(decode("{\"a \\\"b\\\"\\n\":1,\"\\u00e9\":2}", out) == "value");
  CHECK(out.quoted == 1);
  CHECK(out.accent == 2);
  CHECK(problem<json_decode_app::Odd>("{\"a \\\"b\\\"\\n\":1,\"\xc3\xa9\":2,\"\\u00E9\":2}") ==
        "json: line 1, column 23: field \"\\xc3\\xa9\": it comes twice");
}

TEST_CASE("all escaped texts of a record lie in the arena that is the writer's at its end") {
  ArenaPool pool(256);
  TextWriter text(pool);
  json::Decoder<Incident> decoder = json::as<Incident>();
  Incident out;
  const std::string city(150, 'c');
  for (int i = 0; i < 20; ++i) {
    const std::string record = with_field("ID", "\"\\u0041" + city + "\"");
    REQUIRE(decoder.decode(Text(record), out, text));
    const char* const begin = text.arena()->data();
    CHECK(out.id.data() >= begin);
    CHECK(out.id.data() + out.id.size() <= begin + text.arena()->capacity());
    CHECK(out.id.view() == "A" + city);
  }
}

TEST_CASE("nested structs, optionals and vectors are read in place") {
  json_decode_app::Order out;
  REQUIRE(decode(R"({"id":18446744073709551615,"price":0.5,"items":[{"name":"a","count":-3},)"
                 R"({"name":"b"}],"gift":{"name":"g"},"grid":[[1,2],[],[3]]})",
                 out) == "value");
  CHECK(out.id == 18446744073709551615u);
  REQUIRE(out.items.size() == 2);
  CHECK(out.items[0].count == -3);
  CHECK(out.items[1].name == "b");
  CHECK(out.gift.value().name == "g");
  CHECK(out.grid == std::vector<std::vector<int>>{{1, 2}, {}, {3}});
  REQUIRE(decode(R"({"id":1,"price":1,"items":[ ],"gift":null,"grid":[[4]]})", out) == "value");
  CHECK(out.items.empty());
  CHECK_FALSE(out.gift);
  CHECK(out.grid == std::vector<std::vector<int>>{{4}});
}

TEST_CASE("a problem within is told with the path to its field") {
  CHECK(
      problem<json_decode_app::Order>(R"({"id":1,"price":1,"items":[{"name":"a"},{"name":1}]})") ==
      "json: line 1, column 49: field \"items[1].name\": expected a string, saw \"1\"");
  CHECK(problem<json_decode_app::Order>(R"({"id":1,"price":1,"items":[],"gift":{},"grid":[]})") ==
        "json: line 1, column 37: field \"gift.name\": it is missing");
  CHECK(problem<json_decode_app::Order>(R"({"grid":[[1],[2,"x"]]})") ==
        "json: line 1, column 17: field \"grid[1][1]\": expected an integer, saw the string \"x\"");
}

TEST_CASE("a value of another type is told with the field and what was seen") {
  const auto field = [](const char* name, const char* value) {
    const std::string message = problem(with_field(name, value));
    return message.substr(message.find(": field ") + 2);
  };
  CHECK(field("Severity", "\"3\"") ==
        "field \"Severity\": expected an integer, saw the string \"3\"");
  CHECK(field("Severity", "3.0") == "field \"Severity\": expected an integer, saw \"3.0\"");
  CHECK(field("Severity", "3e0") == "field \"Severity\": expected an integer, saw \"3e0\"");
  CHECK(field("Severity", "null") == "field \"Severity\": expected an integer, saw \"null\"");
  CHECK(field("Severity", "[]") == "field \"Severity\": expected an integer, saw \"[\"");
  CHECK(field("Severity", "2147483648") ==
        "field \"Severity\": \"2147483648\" does not fit in int32 (-2147483648 to 2147483647)");
  CHECK(field("Severity", "-00") == "field \"Severity\": a number can't begin with 0");
  CHECK(field("ID", "7") == "field \"ID\": expected a string, saw \"7\"");
  CHECK(field("ID", "null") == "field \"ID\": expected a string, saw \"null\"");
  CHECK(field("Night", "1") == "field \"Night\": expected true or false, saw \"1\"");
  CHECK(field("Night", "truth") == "field \"Night\": expected true or false, saw \"truth\"");
  CHECK(field("Start_Time", "1454891820") ==
        "field \"Start_Time\": expected a time in quotes, saw \"1454891820\"");
  CHECK(field("Start_Time", "\"2/30/2016 0:37\"") ==
        "field \"Start_Time\": no such date or time of day: \"2/30/2016 0:37\"");
  CHECK(field("Start_Time", "\"soon\"") ==
        "field \"Start_Time\": expected a time like 2016-02-08T00:37:00 or 2/8/2016 0:37, saw "
        "\"soon\"");
  CHECK(field("Distance(mi)", "true") == "field \"Distance(mi)\": expected a number, saw \"true\"");
  CHECK(field("Distance(mi)", "1e999") ==
        "field \"Distance(mi)\": \"1e999\" does not fit in a double");
  CHECK(field("Distance(mi)", "-1e-999") ==
        "field \"Distance(mi)\": \"-1e-999\" does not fit in a double");
  CHECK(field("Distance(mi)", "NaN") == "field \"Distance(mi)\": expected a number, saw \"NaN\"");
}

TEST_CASE("long numbers are exact or refused, never something near") {
  Incident out;
  REQUIRE(decode(with_field("Severity", "-2147483648"), out) == "value");
  CHECK(out.severity == -2147483647 - 1);
  REQUIRE(decode(with_field("Distance(mi)", "0.1000000000000000055511151231257827021181583404541"),
                 out) == "value");
  CHECK(out.distance == 0.1);
  REQUIRE(decode(with_field("Distance(mi)", "0." + std::string(2000, '0') + "e5"), out) == "value");
  CHECK(out.distance == 0);
  CHECK(problem(with_field("Severity", std::string(400, '9'))) ==
        "json: line 1, column 24: field \"Severity\": \"" + std::string(40, '9') +
            "\"... (400 bytes) does not fit in int32 (-2147483648 to 2147483647)");
}

TEST_CASE("a missing field is told, or takes the struct's default") {
  CHECK(problem("{}") == "json: line 1, column 1: field \"ID\": it is missing");
  json_decode_app::Order out;
  out.id = 9;
  REQUIRE(decode(R"({"price":2})", out, {.missing_fields = json::MissingFields::use_default}) ==
          "value");
  CHECK(out.id == 7);
  CHECK(out.price == 2);
}

TEST_CASE("an unknown field is stepped over or told with the nearest name") {
  CHECK(problem(R"({"Severty":1})", {.unknown_fields = json::UnknownFields::error}) ==
        "json: line 1, column 2: unknown field \"Severty\"; did you mean \"Severity\"?");
  CHECK(problem(R"({"qqqqqq":1})", {.unknown_fields = json::UnknownFields::error}) ==
        "json: line 1, column 2: unknown field \"qqqqqq\"");
}

TEST_CASE("the bytes of a skipped value are checked like any other") {
  const auto skipped = [](const std::string& value) {
    return problem("{\"unknown\":" + value + "," + whole.substr(1));
  };
  CHECK(skipped("[1,{\"a\":\"\\ud83d\\ude00\"}]") == "value");
  CHECK(skipped("\"\xff\"") == "json: line 1, column 13: not UTF-8: \"\\xff\",\"\"");
  CHECK(skipped("01") == "json: line 1, column 12: a number can't begin with 0");
  CHECK(skipped("[1,]") == "json: line 1, column 15: expected a value, saw \"]\"");
  CHECK(skipped(std::string(1'000'000, '[')) ==
        "json: line 1, column 139: nested deeper than 128 levels");
}

TEST_CASE("a field that comes twice is told, or the last one counts") {
  const std::string twice = "{\"Severity\":9," + whole.substr(1);
  CHECK(problem(twice) == "json: line 1, column 26: field \"Severity\": it comes twice");
  Incident out;
  REQUIRE(decode(twice, out, {.duplicates = json::Duplicates::use_last}) == "value");
  CHECK(out.severity == 3);
}

TEST_CASE("a text that is not one whole object is refused") {
  CHECK(problem("") == "json: line 1, column 1: expected an object, saw the end");
  CHECK(problem("[]") == "json: line 1, column 1: expected an object, saw \"[\"");
  CHECK(problem(whole + "{}") == "json: line 1, column " + std::to_string(whole.size() + 1) +
                                     ": bytes after the value: \"{}\"");
  CHECK(problem(whole.substr(0, 4)) == "json: line 1, column 2: the string is not closed");
}

TEST_CASE("a struct that contains itself is read as deep as the limit and no deeper") {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "{\"c\":[";
    for (int i = 0; i < depth; ++i) text += "]}";
    return text;
  };
  CHECK(problem<json_decode_app::Tree>(nested(64)) == "value");
  const std::string told = problem<json_decode_app::Tree>(nested(100'000));
  CHECK(told.ends_with(": nested deeper than 128 levels"));
  CHECK(problem<json_decode_app::Tree>(nested(2048), {.max_depth = 1'000'000}) == "value");
  CHECK(problem<json_decode_app::Tree>(nested(100'000), {.max_depth = 1'000'000})
            .ends_with(": nested deeper than 4096 levels"));
}

TEST_CASE("every prefix of a good text is refused, and none is read past its end") {
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<char> bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(problem(std::string_view(bytes.data(), size)) != "value");
  }
}
