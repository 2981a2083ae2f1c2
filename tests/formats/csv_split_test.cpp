// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_split.hpp"

#include <array>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/formats/block16.hpp"
#include "millrace/formats/block64.hpp"
#include "millrace/formats/csv_scan.hpp"
#include "millrace/formats/lines.hpp"

using namespace millrace;

namespace {

using Records = std::vector<std::string>;

// What a splitter must do, one byte at a time.
Records expected(std::string_view bytes, bool quoting) {
  Records records;
  std::string record;
  bool inside = false;
  const auto emit = [&] { records.push_back(std::exchange(record, {})); };
  for (const char c : bytes) {
    if (quoting && c == '"') inside = !inside;
    if (c == '\n' && !inside) {
      if (record.ends_with('\r')) record.pop_back();
      emit();
    } else {
      record += c;
    }
  }
  if (!record.empty()) emit();
  return records;
}

// Feeds `bytes` in pieces of random sizes, as a source does: what was not consumed comes again, in
// a buffer of just that size, so that a sanitizer sees a byte read too many.
template <class AnySplitter>
Records fed(AnySplitter splitter, std::string_view bytes, std::mt19937& random, std::size_t piece) {
  Records records;
  std::vector<char> buffer;
  for (bool ended = false; !ended;) {
    const std::size_t more = std::min<std::size_t>(random() % (piece + 1), bytes.size());
    std::vector<char> next(buffer);
    next.insert(next.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(more));
    next.shrink_to_fit();
    bytes.remove_prefix(more);
    std::array<Text, 3> out;
    const Split split =
        splitter.split({next.data(), next.size()}, bytes.empty() ? Input::ended : Input::open, out);
    for (std::size_t i = 0; i < split.records; ++i) records.push_back(out[i].str());
    buffer.assign(next.begin() + static_cast<std::ptrdiff_t>(split.consumed), next.end());
    ended = split.stop == Split::Stop::ended;
  }
  return records;
}

std::string random_text(std::mt19937& random, std::size_t size) {
  static constexpr std::string_view alphabet = "\"\"\n\n\r,aaaaaaaaab \xff";
  std::string text(size, ' ');
  for (char& c : text)
    c = random() % 8 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
  return text;
}

// The same as rows.
std::vector<csv::Row> rows_of(std::string_view bytes, Input input, std::size_t room,
                              char delimiter = ',') {
  std::vector<csv::Row> rows(room);
  csv::RecordSplitter splitter({}, delimiter);
  rows.resize(splitter.split(bytes, input, "header", rows).records);
  return rows;
}

// A record of legal fields, often longer than a block of 64 bytes.
std::string legal_record(std::mt19937& random, char delimiter) {
  std::string record;
  for (std::size_t count = 1 + random() % 30, i = 0; i < count; ++i) {
    if (i != 0) record += delimiter;
    const bool quoted = random() % 4 == 0;
    if (quoted) record += '"';
    for (std::size_t k = random() % 12; k != 0; --k)
      record += quoted ? std::string_view("x,|\n\r ")[random() % 6] : 'y';
    if (quoted) record += random() % 2 ? "\"\"\"" : "\"";
  }
  return record;
}

// How many bytes a random text has; some are looked at in several stretches.
std::size_t random_size(std::mt19937& random) {
  return random() % (random() % 8 == 0 ? 12'000 : 700);
}

// What a shape says is what looking at the row says.
void check_shape(const csv::Row& row, char delimiter) {
  csv::RowScan scan;
  REQUIRE(scan.scan(row.text, delimiter));
  REQUIRE(row.shape.fields() == scan.fields());
  REQUIRE(row.shape.first_ends() == csv::field_ends(row.text, 0, delimiter, 0).ends);
}

// 64 bytes, mostly without quotes and control characters.
std::string random_calm(std::mt19937& random) {
  std::string text(64, ' ');
  for (char& c : text) c = static_cast<char>('#' + random() % 200);
  if (random() % 3 == 0) text[random() % 64] = static_cast<char>(random() % 40);
  return text;
}

}  // namespace

TEST_CASE("a record ends at a line break outside quotes, LF or CRLF, or at the end") {
  csv::RecordSplitter splitter;
  std::array<Text, 8> out;
  const Split split = splitter.split("a,b\r\n\"x\ny\",\"\"\"\n\"\n\nlast", Input::ended, out);
  REQUIRE(split.records == 4);
  CHECK(out[0] == Text("a,b"));
  CHECK(out[1] == Text("\"x\ny\",\"\"\"\n\""));
  CHECK(out[2].empty());
  CHECK(out[3] == Text("last"));
  CHECK(split.stop == Split::Stop::ended);
  CHECK(split.cut == Split::Cut::no_newline);
}

TEST_CASE("how the last record of the input ended is told") {
  std::array<Text, 8> out;
  const auto cut = [&](std::string_view bytes) {
    return csv::RecordSplitter().split(bytes, Input::ended, out).cut;
  };
  CHECK(cut("a\n") == Split::Cut::none);
  CHECK(cut("") == Split::Cut::none);
  CHECK(cut("a\nb") == Split::Cut::no_newline);
  CHECK(cut("a\n\"b\n") == Split::Cut::open_quote);
}

TEST_CASE("what is not yet a record is not consumed and not looked at twice") {
  csv::RecordSplitter splitter;
  std::array<Text, 2> out;
  std::string bytes = "one\n\"two";
  Split split = splitter.split(bytes, Input::open, out);
  CHECK(split.records == 1);
  CHECK(split.consumed == 4);
  CHECK(split.stop == Split::Stop::need_more);
  bytes = bytes.substr(4) + "\n\"\nthree\nfour\n";
  split = splitter.split(bytes, Input::open, out);
  CHECK(split.records == 2);
  CHECK(out[0] == Text("\"two\n\""));
  CHECK(out[1] == Text("three"));
  CHECK(split.stop == Split::Stop::full);
  bytes = bytes.substr(split.consumed);
  CHECK(bytes == "four\n");
}

TEST_CASE("a record longer than the limit is told, and after resync the next line is found") {
  csv::RecordSplitter splitter({.max_record = {10}});
  std::array<Text, 4> out;
  std::string bytes = "short\n\"long and never closed\nnext\n";
  Split split = splitter.split(bytes, Input::open, out);
  CHECK(split.records == 1);
  CHECK(split.stop == Split::Stop::too_long);
  CHECK(split.consumed == 6);
  bytes = bytes.substr(split.consumed);
  splitter.resync();
  split = splitter.split(bytes, Input::open, out);
  REQUIRE(split.records == 1);
  CHECK(out[0] == Text("next"));
  CHECK(split.consumed == bytes.size());
  split = splitter.split("12345678901", Input::open, out);
  CHECK(split.stop == Split::Stop::too_long);
  splitter.resync();
  CHECK(splitter.split("12345678901", Input::open, out).consumed == 11);
  split = splitter.split("23\n4\n", Input::ended, out);
  REQUIRE(split.records == 1);
  CHECK(out[0] == Text("4"));
  CHECK(split.stop == Split::Stop::ended);
}

TEST_CASE("records and lines are those that reading a byte at a time finds") {
  const std::uint32_t seed = GENERATE(range(0u, 400u));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string text = random_text(random, random_size(random));
  for (const std::size_t piece : {1u, 7u, 64u, 1000u}) {
    CHECK(fed(csv::RecordSplitter(), text, random, piece) == expected(text, true));
    CHECK(fed(lines::LineSplitter(), text, random, piece) == expected(text, false));
  }
}

TEST_CASE("rows are the records, and a shape vouches for nothing that a check refuses") {
  const std::uint32_t seed = GENERATE(range(0u, 400u));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string random_bytes = random_text(random, random_size(random));
  const std::vector<char> text(random_bytes.begin(), random_bytes.end());
  const std::string_view bytes(text.data(), text.size());
  Records records;
  for (const csv::Row& row : rows_of(bytes, Input::ended, 12'000)) {
    records.push_back(row.text.str());
    CHECK(row.header == Text("header"));
    if (row.shape.vouches_for(row.text, ',')) check_shape(row, ',');
  }
  CHECK(records == expected(bytes, true));
}

TEST_CASE("every legal row that ends by a line break is vouched for") {
  const std::uint32_t seed = GENERATE(range(0u, 200u));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const char delimiter = ",|"[seed % 2];
  std::string bytes;
  Records records;
  for (int i = 0; i < 120; ++i) {
    records.push_back(legal_record(random, delimiter));
    if (random() % 32 == 0) records.back() += delimiter + std::string(random() % 9000, 'y');
    bytes += records.back() + (seed % 3 == 0 ? "\r\n" : "\n");
  }
  const std::vector<csv::Row> rows = rows_of(bytes, Input::open, 1000, delimiter);
  REQUIRE(rows.size() == records.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO(records[i]);
    CHECK(rows[i].text.view() == records[i]);
    REQUIRE(rows[i].shape.vouches_for(rows[i].text, delimiter));
    check_shape(rows[i], delimiter);
  }
}

TEST_CASE("a flaw at any place of a block keeps its row from being vouched for") {
  for (std::size_t at = 0; at < 200; ++at) {
    for (const std::string_view flaw : {"y\"y\"", "\"y\"y", "\r", "\ry", "\"y\"\r\r"}) {
      const std::string row = std::string(at, 'y') + "," + std::string(flaw) + ",z";
      INFO(row);
      const std::string bytes = row + "\nnext\n";
      const std::vector<csv::Row> rows = rows_of(bytes, Input::open, 9);
      REQUIRE(rows.size() == 2);
      CHECK_FALSE(rows[0].shape.vouches_for(rows[0].text, ','));
    }
    const std::string good = std::string(at, 'y') + ",\"y\"\r\n\"\"\"\"\r\n";
    const std::vector<csv::Row> rows = rows_of(good, Input::open, 9);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].shape.vouches_for(rows[0].text, ','));
    CHECK(rows[0].shape.fields() == 2);
    CHECK(rows[1].shape.vouches_for(rows[1].text, ','));
    CHECK(rows[1].shape.fields() == 1);
  }
}

TEST_CASE("a row is vouched for as it was seen, whole and with the splitter's delimiter") {
  const std::vector<csv::Row> rows = rows_of("a,b\nc,d\nlast,e", Input::ended, 9);
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].shape.vouches_for(rows[1].text, ','));
  CHECK_FALSE(rows[1].shape.vouches_for(rows[1].text, '|'));
  CHECK_FALSE(rows[1].shape.vouches_for(rows[0].text, ','));
  CHECK_FALSE(rows[1].shape.vouches_for(rows[1].text.view().substr(1), ','));
  CHECK_FALSE(rows[1].shape.vouches_for(rows[1].text.view().substr(0, 2), ','));
  CHECK_FALSE(rows[2].shape.vouches_for(rows[2].text, ','));
  CHECK_FALSE(csv::RowShape().vouches_for("", ','));
}

TEST_CASE("a row that was looked at in two calls is not vouched for, the next one is") {
  csv::RecordSplitter splitter;
  std::array<csv::Row, 4> rows;
  std::string bytes = "one,\"two";
  CHECK(splitter.split(bytes, Input::open, {}, rows).records == 0);
  bytes += "\"\"\"\nthree,four\n";
  REQUIRE(splitter.split(bytes, Input::open, {}, rows).records == 2);
  CHECK(rows[0].text == Text("one,\"two\"\"\""));
  CHECK_FALSE(rows[0].shape.vouches_for(rows[0].text, ','));
  CHECK(rows[1].shape.vouches_for(rows[1].text, ','));
}

TEST_CASE("a row of more fields than a shape counts is not vouched for") {
  const std::string most = std::string(csv::RowShape::fields_max - 1, ',');
  const std::string bytes = most + "\n" + most + ",\n";
  const std::vector<csv::Row> rows = rows_of(bytes, Input::open, 9);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].shape.vouches_for(rows[0].text, ','));
  CHECK(rows[0].shape.fields() == csv::RowShape::fields_max);
  CHECK_FALSE(rows[1].shape.vouches_for(rows[1].text, ','));
}

TEST_CASE("a block of 64 bytes has the masks of its portable form") {
  std::mt19937 random(64);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random, 64);
    const detail::Block64 block = detail::Block64::load(text.data());
    const detail::ScalarBlock64 scalar = detail::ScalarBlock64::load(text.data());
    for (const char c : {'"', ',', '\n', '\xff'}) CHECK(block.equal(c) == scalar.equal(c));
    CHECK(block.equal_any<'\n', '"', '\r'>() == scalar.equal_any<'\n', '"', '\r'>());
    CHECK(block.json_special() == scalar.json_special());
    const std::string calm = random_calm(random);
    detail::Block64::Rare rare;
    detail::ScalarBlock64::Rare scalar_rare;
    for (const std::string& bytes : {calm, round % 2 ? calm : text}) {
      rare.add(detail::Block64::load(bytes.data()));
      scalar_rare.add(detail::ScalarBlock64::load(bytes.data()));
      CHECK(rare.any() == scalar_rare.any());
    }
    const std::size_t size = 1 + random() % 64;
    const std::vector<char> tail(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    const detail::TailBlock<detail::Block64> alone(tail.data(), size, 0);
    const std::uint64_t valid = detail::low_bits(size);
    CHECK((alone.equal('"') & valid) == (scalar.equal('"') & valid));
    CHECK((alone.json_special() & valid) == (scalar.json_special() & valid));
    const detail::TailBlock<detail::Block64> behind(text.data() + 64 - size, size, 64 - size);
    CHECK((behind.equal(',') & valid) == scalar.equal(',') >> (64 - size));
    CHECK((behind.json_special() & valid) == scalar.json_special() >> (64 - size));
    std::uint64_t parity = 0;
    for (unsigned i = 0; i < 64; ++i) {
      parity ^= scalar.equal('"') >> i & 1;
      REQUIRE((detail::prefix_xor(scalar.equal('"')) >> i & 1) == parity);
    }
  }
}

TEST_CASE("a block of 16 bytes has the masks of its portable form") {
  std::mt19937 random(16);
  for (int round = 0; round < 3000; ++round) {
    const std::size_t size = random() % 17;
    const std::string text = random_text(random, size);
    const std::vector<char> bytes(text.begin(), text.end());
    const auto block = detail::Block16::load_short(bytes.data(), size);
    const auto scalar = detail::ScalarBlock16::load_short(bytes.data(), size);
    CHECK(block.not_digits() == scalar.not_digits());
    CHECK(block.json_special() == scalar.json_special());
    CHECK(block == block);
    if (size != 0) {
      std::vector<char> other = bytes;
      other[random() % size] ^= static_cast<char>(1 << random() % 8);
      CHECK_FALSE(block == detail::Block16::load_short(other.data(), size));
      CHECK_FALSE(scalar == detail::ScalarBlock16::load_short(other.data(), size));
    }
    char copy[16];
    scalar.store(copy);
    CHECK(std::string(copy, size) == text);
  }
}
