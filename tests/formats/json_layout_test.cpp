// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/json_layout.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "json_cases.hpp"
#include "millrace/formats/json.hpp"
#include "sample.hpp"

using namespace millrace;
using sample::Incident;

namespace {

using Decoder = json::Decoder<Incident>;

// What a decoder says of a text: the error, or the record written again. The text lies in memory of
// just its size, so that a sanitizer sees a byte read too many; the slot held another record.
std::string answer(Decoder& decoder, std::string_view text, double before) {
  ArenaPool pool;
  TextWriter writer(pool);
  const std::vector<char> exact(text.begin(), text.end());
  Incident out{"before", -7, Timestamp::max(), before, before > 1, "before"};
  if (before == 0) out.distance.reset();
  const Result<Decoded> done =
      decoder.decode(Text(std::string_view(exact.data(), exact.size())), out, writer);
  if (!done) return done.error().message();
  TextWriter written(pool);
  REQUIRE(json::lines().encode(out, written));
  return written.finish().str();
}

// A decoder that has read `first` and so may know its layout.
Decoder after(std::string_view first, json::DecodeOptions options = {}) {
  Decoder decoder = json::as<Incident>(options);
  answer(decoder, first, 1);
  return decoder;
}

// Whoever has read another record before says the same as one who has not.
void check_same(const Decoder& learned, std::string_view text, json::DecodeOptions options = {}) {
  Decoder experienced = learned;
  Decoder fresh = json::as<Incident>(options);
  const std::string expected = answer(fresh, text, 0);
  const std::string first = answer(experienced, text, 2);
  const std::string second = answer(experienced, text, 1);  // it may know this very text now
  if (first != expected || second != expected) UNSCOPED_INFO("of " << text);
  CHECK(first == expected);
  CHECK(second == expected);
}

const std::string whole =
    R"x({"ID":"A-1","Severity":3, "Start_Time":"2/8/2016 0:37","Distance(mi)":3.23,"Night":true,)x"
    R"x("skipped" : [1,{"a":null}],"State":"OH","City":"Dublin","Code":-1.5e3 }  )x";
// Line breaks where a string that is not closed would meet them, and a name longer than a block.
const std::string spread =
    "{\"ID\":\"A\"\n,\"Severity\":3\n,\"Start_Time\":\"2/8/2016 0:37\"\n,\"Night\":false\n,"
    "\"a name that is so long that it does not fit in a block of sixty-four bytes\":\"\"\n,"
    "\"City\":\"\xc3\xa9\"\n}";

class Make {
 public:
  explicit Make(std::uint32_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  template <std::size_t n>
  std::string_view pick(const char* const (&from)[n]) {
    return from[below(n)];
  }

  std::string text() {
    static constexpr const char* pieces[] = {"a",
                                             "Z-9",
                                             " ",
                                             "\xc3\xa9",
                                             "\\n",
                                             "\\u00e4",
                                             "\\ud83d\\ude00",
                                             "{\\\"}",
                                             "\xf0\x9f\x98\x80"};
    static constexpr const char* bad[] = {"\xff", "\n", "\\x", "\\ud800", "\xed\xa0\x80", "\xc3"};
    std::string out = "\"";
    for (std::size_t n = below(4) == 0 ? below(200) : below(12); n != 0; --n)
      out += below(8) == 0 ? pick(pieces) : "x";
    if (below(40) == 0) out += pick(bad);
    return out + "\"";
  }
  std::string other() {
    static constexpr const char* values[] = {"1",    "-0",       "12345678901234567890",
                                             "0.5",  "1e400",    "true",
                                             "null", "false",    "[]",
                                             "{}",   "[[[1]]]",  "{\"ID\":{\"ID\":[2,\"]\"]}}",
                                             "01",   "-",        "tru",
                                             "[1",   "\"\\\"\"", "1.e"};
    return std::string(pick(values));
  }
  std::string value(std::string_view name) {
    if (below(25) == 0) return below(2) ? text() : other();
    if (name == "Severity") return std::to_string(below(5));
    if (name == "Start_Time") return "\"2/8/2016 0:3" + std::to_string(below(10)) + "\"";
    if (name == "Distance(mi)") return below(3) ? std::to_string(below(100)) + ".25" : "null";
    if (name == "Night") return below(2) ? "true" : "false";
    if (name == "other") return other();
    return text();
  }
  std::string blanks() {
    static constexpr const char* some[] = {" ", "\t", "\r", "\n  "};
    return calm_ || below(10) != 0 ? "" : std::string(pick(some));
  }
  std::string record() {
    static constexpr const char* described[] = {"ID",           "Severity", "Start_Time",
                                                "Distance(mi)", "Night",    "City"};
    static constexpr const char* more[] = {
        "State", "other", "a name that is longer than a block", "\\u0049D", "", "Sever\xc3\xa9"};
    names_.assign(std::begin(described), std::end(described));
    for (std::size_t n = below(4); n != 0; --n)
      names_.insert(names_.begin() + static_cast<std::ptrdiff_t>(below(names_.size() + 1)),
                    std::string(pick(more)));
    if (below(3) == 0) std::shuffle(names_.begin(), names_.end(), random_);
    if (below(6) == 0) names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(below(3)));
    if (below(12) == 0) names_.push_back(names_[below(names_.size())]);
    return again();
  }
  // The names of the last record with other values.
  std::string again() {
    calm_ = below(2) == 0;
    std::string out = blanks() + "{";
    for (const std::string& name : names_)
      out.append(out.back() == '{' ? "" : ",")
          .append(blanks() + "\"" + name + "\"" + blanks() + ":" + blanks())
          .append(value(name) + blanks());
    return out + "}" + blanks();
  }
  std::string changed(std::string text) {
    for (std::size_t n = 1 + below(2); n != 0 && !text.empty(); --n) {
      const std::size_t at = below(text.size());
      if (below(5) == 0)
        text.resize(at);
      else if (below(3) == 0)
        text.erase(at, 1 + below(3));
      else if (below(2) == 0)
        text.insert(at, 1, "\"\\{}[],: \xff"[below(10)]);
      else
        text[at] = static_cast<char>(random_());
    }
    return text;
  }
  json::DecodeOptions options() {
    json::DecodeOptions options;
    if (below(4) == 0) options.unknown_fields = json::UnknownFields::error;
    if (below(2) == 0) options.missing_fields = json::MissingFields::use_default;
    if (below(2) == 0) options.duplicates = json::Duplicates::use_last;
    if (below(3) == 0) options.max_depth = static_cast<std::uint32_t>(below(5));
    return options;
  }

 private:
  std::mt19937 random_;
  std::vector<std::string> names_;
  bool calm_ = true;
};

// Learns a flat object, of which the members are `names`.
json::detail::Layout learned(std::string_view record, const std::vector<std::string>& names) {
  json::detail::Layout layout(128);
  json::Cursor in(record, 128);
  layout.begin(record);
  in.skip_space();
  REQUIRE(in.open('{', ""));
  json::Cursor::String key;
  for (bool more = true, closed = false; more; more = in.more('}', closed)) {
    REQUIRE(in.key(key));
    const auto found = std::find(names.begin(), names.end(), key.raw);
    layout.value_begins(in.position(), static_cast<std::size_t>(found - names.begin()));
    REQUIRE(in.skip_value());
    layout.value_ends(in.position());
  }
  REQUIRE(in.finish());
  layout.end(record);
  return layout;
}

}  // namespace

TEST_CASE("the values of a record are found where those of one with its layout were") {
  auto layout = learned(R"({"a":"1", "skip":2,"b": 3})", {"a", "b"});
  using Value = json::detail::RawValue;
  std::vector<Value> values(3);
  const std::string text = R"({"a":")" + std::string(300, 'x') + R"(", "skip":[{}],"b": -1.5})";
  REQUIRE(layout.match(text, values));
  CHECK(values[0].text == std::string(300, 'x'));
  CHECK(values[0].kind == Value::string);
  CHECK(values[1].text == "-1.5");
  CHECK(values[1].kind == Value::number);
  REQUIRE(layout.match(R"({"a":"\u00e9", "skip":"","b": null})", values));
  CHECK(values[0].kind == Value::string);
  CHECK(values[0].escaped);
  CHECK(values[1].text == "null");
  CHECK(values[1].kind == Value::other);
  REQUIRE(layout.match("{\"a\":\"\xc3\xa9\", \"skip\":\"\",\"b\": 7})", values) == false);
  REQUIRE(layout.match("{\"a\":\"\xc3\xa9\", \"skip\":\"\",\"b\": 7}", values));
  CHECK(values[0].text == "\xc3\xa9");
  CHECK_FALSE(values[0].escaped);
  CHECK(values[1].kind == Value::integer);
}

TEST_CASE("a record that is laid out otherwise, or has a bad value, does not match") {
  auto layout = learned(R"({"a":"1","b":3})", {"a", "b"});
  std::vector<json::detail::RawValue> values(3);
  REQUIRE(layout.match(R"({"a":"","b":{}})", values));
  for (const char* text :
       {"", "{", R"({"a":"1","b":3)", R"({"a":"1","b":3} )", R"({"a":"1","b":})", R"({"a":"1","b")",
        R"({"a":"1","c":3})", R"({"a": "1","b":3})", R"({"b":3,"a":"1"})", R"({"a":"1,"b":3})",
        R"({"a":"\x","b":3})", R"({"a":"1","b":03})", R"({"a":"1","b":nul})", R"({"a":"1","b":"3})",
        "{\"a\":\"\xff\",\"b\":3}", "{\"a\":\"\n\",\"b\":3}", R"({"a":"1","b":[})"}) {
    CAPTURE(text);
    CHECK_FALSE(layout.match(text, values));
  }
}

TEST_CASE("a record of a known layout with any byte changed is read as if it were the first") {
  const std::string base = GENERATE(whole, spread);
  const Decoder decoder = after(base);
  check_same(decoder, base);
  for (std::size_t at = 0; at < base.size(); ++at) {
    std::string text = base;
    for (int byte = 0; byte < 256; ++byte) {
      text[at] = static_cast<char>(byte);
      check_same(decoder, text);
    }
    check_same(decoder, base.substr(0, at));
    check_same(decoder, base.substr(at));
    check_same(decoder, base.substr(0, at) + base.substr(at + 1));
  }
  for (int byte = 0; byte < 256; ++byte) check_same(decoder, base + static_cast<char>(byte));
}

TEST_CASE("each value that JSON knows is read as if its record were the first") {
  std::size_t checked = 0;
  for (const std::string_view name : {"ID", "Severity", "Distance(mi)", "Night", "State", "City"}) {
    const std::size_t begin = whole.find("\"" + std::string(name) + "\":") + name.size() + 3;
    const std::size_t size = whole.find(',', begin) - begin;
    for (const auto& texts :
         {std::vector<std::string_view>(std::begin(cases::accepted), std::end(cases::accepted)),
          std::vector<std::string_view>(std::begin(cases::refused), std::end(cases::refused)),
          std::vector<std::string_view>(std::begin(cases::free), std::end(cases::free))})
      for (const std::string_view value : texts) {
        check_same(after(whole), std::string(whole).replace(begin, size, value));
        ++checked;
      }
  }
  CHECK(checked > 600);
}

TEST_CASE("what was read before changes nothing in what is read") {
  const std::uint32_t seed = GENERATE(range(0u, 400u));
  INFO("seed " << seed);
  Make make(seed);
  for (int round = 0; round < 20; ++round) {
    const json::DecodeOptions options = make.options();
    const Decoder decoder = after(make.record(), options);
    const std::string again = make.again();
    check_same(decoder, again, options);
    check_same(decoder, make.changed(again), options);
    check_same(decoder, make.record(), options);
  }
}

TEST_CASE("a decoder that reads many records, of layouts that change, reads each as the first") {
  const std::uint32_t seed = GENERATE(range(0u, 100u));
  INFO("seed " << seed);
  Make make(seed);
  const json::DecodeOptions options = make.options();
  Decoder decoder = json::as<Incident>(options);
  std::string text = make.record();
  for (int round = 0; round < 200; ++round) {
    if (make.below(4) == 0) text = make.record();
    if (make.below(3) != 0) text = make.again();
    const std::string fed = make.below(6) == 0 ? make.changed(text) : text;
    CAPTURE(fed);
    Decoder fresh = json::as<Incident>(options);
    REQUIRE(answer(decoder, fed, 2) == answer(fresh, fed, 0));
  }
}

TEST_CASE("a value that is longer or nested deeper than any before is read as the first") {
  const Decoder decoder = after(whole);
  const auto with_state = [&](const std::string& value) {
    return std::string(whole).replace(whole.find("\"OH\""), 4, value);
  };
  for (const std::size_t size : {63u, 64u, 65u, 5000u, 1u << 20})
    for (const char* last : {"", "\"", "\\", "\\\"", "\xc3\xa9", "\xc3"})
      check_same(decoder, with_state("\"" + std::string(size, 's') + last + "\""));
  for (const std::size_t depth : {1u, 126u, 127u, 128u, 129u, 5000u}) {
    check_same(decoder, with_state(std::string(depth, '[') + std::string(depth, ']')));
    check_same(decoder, with_state(std::string(depth, '[')));
  }
}
