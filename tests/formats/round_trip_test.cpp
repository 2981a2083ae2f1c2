// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv.hpp"
#include "millrace/formats/json.hpp"

#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "catch.hpp"
#include "millrace/formats/utf8.hpp"
#include "sample.hpp"

using namespace millrace;
using sample::With;

namespace round_trip_app {
struct Part {
  std::string name;
  std::optional<std::int64_t> count;
  bool operator==(const Part&) const = default;
};
constexpr auto describe(type<Part>) { return fields("name", &Part::name, "count", &Part::count); }

struct Flat {
  std::string text;
  std::optional<std::string> maybe;
  std::int8_t i8 = 0;
  std::uint16_t u16 = 0;
  std::int32_t i32 = 0;
  std::uint64_t u64 = 0;
  double real = 0;
  float single = 0;
  std::optional<double> maybe_real;
  bool flag = false;
  Timestamp time{};
  std::optional<Timestamp> maybe_time;
  bool operator==(const Flat&) const = default;
};
constexpr auto describe(type<Flat>) {
  return fields("text", &Flat::text, "maybe, \"quoted\"", &Flat::maybe, "i8", &Flat::i8, "u16",
                &Flat::u16, "i32", &Flat::i32, "u64", &Flat::u64, "real", &Flat::real, "single",
                &Flat::single, "maybe_real", &Flat::maybe_real, "flag", &Flat::flag, "time",
                &Flat::time, "maybe_time", &Flat::maybe_time);
}

struct Deep {
  Flat flat;
  std::vector<Part> parts;
  std::optional<Part> spare;
  std::vector<std::vector<std::string>> words;
  bool operator==(const Deep&) const = default;
};
constexpr auto describe(type<Deep>) {
  return fields("flat", &Deep::flat, "parts", &Deep::parts, "spare", &Deep::spare, "words",
                &Deep::words);
}
}  // namespace round_trip_app

namespace {

class Make {
 public:
  explicit Make(std::uint32_t seed) : random_(seed) {}

  bool coin() { return random_() % 2 == 0; }
  std::string text() {
    static const std::string pieces[] = {"a",        "bc",
                                         "\"",       "\\",
                                         ",",        "\n",
                                         "\r\n",     " ",
                                         "\t",       "\x01",
                                         "\xc3\xa9", "\xf0\x9d\x84\x9e",
                                         "|",        "a longer piece of text without any trouble"};
    std::string out;
    for (std::size_t n = random_() % 8; n != 0; --n) out += pieces[random_() % 14];
    return out;
  }
  double real() {
    for (;;) {
      const double value = coin() ? std::bit_cast<double>(random_())
                                  : static_cast<double>(random_() % 1'000'000) / 1000;
      if (std::isfinite(value)) return value;
    }
  }
  float single() {
    for (;;) {
      const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random_()));
      if (std::isfinite(value)) return value;
    }
  }
  Timestamp time() {
    const auto range = static_cast<std::uint64_t>(10'000) * 365 * 86'400 * 1'000'000;
    const std::int64_t offset = coin() ? 0 : static_cast<std::int64_t>(random_() % 1'000'000);
    const auto seconds = static_cast<std::int64_t>(random_() % range) / 1'000'000;
    return Timestamp(Duration((seconds - 62'000'000'000) * 1'000'000 + offset));
  }
  template <class F>
  std::optional<F> maybe(F value) {
    return coin() ? std::optional<F>(std::move(value)) : std::nullopt;
  }
  round_trip_app::Flat flat() {
    round_trip_app::Flat out;
    out.text = text();
    out.maybe = maybe(text() + "x");  // CSV can't tell an empty text from none
    out.i8 = static_cast<std::int8_t>(random_());
    out.u16 = static_cast<std::uint16_t>(random_());
    out.i32 = static_cast<std::int32_t>(random_());
    out.u64 = random_();
    out.real = real();
    out.single = single();
    out.maybe_real = maybe(real());
    out.flag = coin();
    out.time = time();
    out.maybe_time = maybe(time());
    return out;
  }
  round_trip_app::Part part() { return {text(), maybe(static_cast<std::int64_t>(random_()))}; }
  round_trip_app::Deep deep() {
    round_trip_app::Deep out{flat(), {}, maybe(part()), {}};
    for (std::size_t n = random_() % 4; n != 0; --n) out.parts.push_back(part());
    for (std::size_t n = random_() % 4; n != 0; --n) out.words.emplace_back(random_() % 3, text());
    return out;
  }
  std::uint64_t number() { return random_(); }

 private:
  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("what is written as JSON reads back the same") {
  const std::uint32_t seed = GENERATE(range(0u, 300u));
  INFO("seed " << seed);
  Make make(seed);
  With writer(json::lines());
  With reader(json::as<round_trip_app::Deep>());
  round_trip_app::Deep read;  // a slot that keeps what the record before left in it
  for (int i = 0; i < 10; ++i) {
    const round_trip_app::Deep value = make.deep();
    const std::string text = writer.encode(value);
    INFO(text);
    REQUIRE(json::validate(text));
    REQUIRE(text.find('\n') == text.npos);
    REQUIRE(reader.decode(Text(text), read) == "value");
    REQUIRE(read == value);
  }
}

TEST_CASE("what is written as CSV is found and reads back the same") {
  const std::uint32_t seed = GENERATE(range(0u, 300u));
  INFO("seed " << seed);
  Make make(seed);
  const char delimiter = make.coin() ? ',' : '|';
  With writer(csv::row({.delimiter = delimiter}));
  With reader(csv::as<round_trip_app::Flat>({.delimiter = delimiter}));
  std::vector<round_trip_app::Flat> values;
  std::string file = csv::header<round_trip_app::Flat>({.delimiter = delimiter}) + "\r\n";
  for (int i = 0; i < 20; ++i) {
    values.push_back(make.flat());
    file += writer.encode(values.back()) + (make.coin() ? "\n" : "\r\n");
  }
  CHECK(csv::validate(file, delimiter).value().records == 21);
  std::vector<Text> records(30);
  const Split split = csv::RecordSplitter().split(file, Input::ended, records);
  REQUIRE(split.records == 21);
  round_trip_app::Flat read;
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO(records[i + 1].view());
    REQUIRE(reader.decode(csv::Row{records[0], records[i + 1]}, read) == "value");
    REQUIRE(read == values[i]);
  }
}

TEST_CASE("a changed record is decoded or refused, and is never read past its end") {
  const std::uint32_t seed = GENERATE(range(0u, 100u));
  INFO("seed " << seed);
  Make make(seed);
  With json_writer(json::lines());
  With csv_writer(csv::row());
  With json_reader(json::as<round_trip_app::Deep>());
  With csv_reader(csv::as<round_trip_app::Flat>());
  round_trip_app::Deep deep;
  round_trip_app::Flat flat;
  for (int i = 0; i < 60; ++i) {
    const bool as_json = i % 2 == 0;
    std::string text = as_json ? json_writer.encode(make.deep()) : csv_writer.encode(make.flat());
    for (std::size_t k = make.number() % 4; k != 0 && !text.empty(); --k) {
      const std::size_t at = make.number() % text.size();
      if (make.coin())
        text[at] = static_cast<char>(make.number());
      else
        text.erase(at, make.number() % 5);
    }
    const std::vector<char> bytes(text.begin(), text.end());
    const std::string_view view(bytes.data(), bytes.size());
    const std::string told =
        as_json ? json_reader.decode(Text(view), deep) : csv_reader.decode(Text(view), flat);
    REQUIRE((told == "value" || told == "skip" || told.starts_with("json: line ") ||
             told.starts_with("csv: ")));
    if (as_json && told == "value") REQUIRE(json::validate(view));
    if (as_json && !json::validate(view)) REQUIRE(told != "value");
  }
}

TEST_CASE("UTF-8 is judged sequence by sequence") {
  CHECK(utf8_prefix("plain ASCII, longer than a word") == 31);
  CHECK(utf8_prefix("\xc3\xa9t\xc3\xa9") == 5);
  CHECK(utf8_prefix("0123456789\xff") == 10);
  CHECK(utf8_prefix("\xed\xa0\x80") == 0);
  CHECK(utf8_prefix("") == 0);
}
