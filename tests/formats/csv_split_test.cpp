// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_split.hpp"

#include <array>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/formats/block16.hpp"
#include "millrace/formats/block64.hpp"
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
Records fed(Splitter splitter, std::string_view bytes, std::mt19937& random, std::size_t piece) {
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
  const std::string text = random_text(random, random() % 700);
  for (const std::size_t piece : {1u, 7u, 64u, 1000u}) {
    CHECK(fed(csv::RecordSplitter(), text, random, piece) == expected(text, true));
    CHECK(fed(lines::LineSplitter(), text, random, piece) == expected(text, false));
  }
}

TEST_CASE("a block of 64 bytes has the masks of its portable form") {
  std::mt19937 random(64);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random, 64);
    const detail::Block64 block = detail::Block64::load(text.data());
    const detail::ScalarBlock64 scalar = detail::ScalarBlock64::load(text.data());
    for (const char c : {'"', ',', '\n', '\xff'}) CHECK(block.equal(c) == scalar.equal(c));
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
    const detail::TailBlock<detail::Block64> behind(text.data() + 64 - size, size, 64 - size);
    CHECK((behind.equal(',') & valid) == scalar.equal(',') >> (64 - size));
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
    char copy[16];
    scalar.store(copy);
    CHECK(std::string(copy, size) == text);
  }
}
