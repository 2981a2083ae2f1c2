// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/format.hpp"

#include "catch.hpp"
#include "log_fixture.hpp"

using namespace log_test;

namespace {

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string unhex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return out;
}

constexpr std::uint64_t id = 0x1122334455667788;

std::string frame_of(std::initializer_list<std::string_view> data, std::uint64_t base,
                     std::uint64_t position) {
  std::string frame;
  begin_frame(frame);
  for (const auto d : data) append_record(frame, Duration(5), "k", d);
  finish_frame(frame.data(), frame.size(),
               {.base = base,
                .count = static_cast<std::uint32_t>(data.size()),
                .time_base = Timestamp(Duration(1000)),
                .durable_upto = base},
               id, position);
  return frame;
}

}  // namespace

// Written by the first release; every later one must read it.
constexpr std::string_view frozen_header =
    "4d524c4f475345470100000003000000070000000000000088776655443322116300000000000000"
    "0000000040cb56ab";
constexpr std::string_view frozen_frame =
    "2b0000008ed0ce1111070000000000000002000000e80300000000000007000000000000000a0103"
    "6b6f6e650a01036b74776f";
constexpr std::string_view frozen_footer =
    "3b000000763892891309000000000000000000000000000000000000000700000000000000020000"
    "00000000000900000000000000ed03000000000000cdab00000124";

TEST_CASE("the bytes of a segment are what they were") {
  const std::string header =
      encode(SegmentHeader{.shard = 3, .base = 7, .id = id, .created = Timestamp(Duration(99))});
  CHECK(hex(header) == frozen_header);
  CHECK(hex(frame_of({"one", "two"}, 7, 48)) == frozen_frame);
  const Footer footer{.records = 2,
                      .next = 9,
                      .newest = Timestamp(Duration(1005)),
                      .crc = 0xABCD,
                      .ends_shard = true};
  CHECK(hex(encode(footer, id, 101, 7)) == frozen_footer);
}

TEST_CASE("the frozen bytes are read") {
  const SegmentHeader header = decode_segment_header(unhex(frozen_header)).value();
  CHECK(header.shard == 3);
  CHECK(header.base == 7);
  CHECK(header.id == id);
  CHECK(header.created == Timestamp(Duration(99)));
  const std::string frame = unhex(frozen_frame);
  REQUIRE(verify_frame(frame, id, 48));
  RecordCursor cursor(frame);
  RecordView record;
  REQUIRE(cursor.next(record));
  CHECK(record.data == "one");
  CHECK(record.key == "k");
  CHECK(record.arrival == Timestamp(Duration(1005)));
  REQUIRE(cursor.next(record));
  CHECK(record.data == "two");
  CHECK_FALSE(cursor.next(record));
  CHECK(cursor.ok());
  const auto footer = decode_footer(unhex(frozen_footer));
  REQUIRE(footer);
  CHECK(footer->records == 2);
  CHECK(footer->next == 9);
  CHECK(footer->crc == 0xABCD);
  CHECK(footer->ends_shard);
}

TEST_CASE("a frame is valid only in its segment and at its place") {
  const std::string frame = frame_of({"data"}, 0, 48);
  CHECK(verify_frame(frame, id, 48));
  CHECK_FALSE(verify_frame(frame, id, 49));
  CHECK_FALSE(verify_frame(frame, id + 1, 48));
  for (std::size_t i = 0; i < frame.size(); ++i) {
    std::string bad = frame;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    if (i >= 4) CHECK_FALSE(verify_frame(bad, id, 48));
  }
}

TEST_CASE("zeros are no frame, and a length beyond the limit is none before anything is read") {
  CHECK_FALSE(peek_frame(std::string(100, '\0')));
  std::string frame = frame_of({"data"}, 0, 48);
  frame[3] = '\x7F';
  CHECK_FALSE(peek_frame(frame));
  CHECK_FALSE(peek_frame(frame_of({"data"}, 0, 48).substr(0, frame_header_size - 1)));
}

TEST_CASE("a payload with other records than its count says is not taken for whole") {
  std::string frame = frame_of({"one", "two"}, 0, 48);
  frame[17] = 1;  // the count
  RecordCursor fewer(frame);
  RecordView record;
  while (fewer.next(record)) {
  }
  CHECK_FALSE(fewer.ok());
  frame[17] = 3;
  RecordCursor more(frame);
  while (more.next(record)) {
  }
  CHECK_FALSE(more.ok());
}

TEST_CASE("a header says what is wrong with it") {
  const std::string header = unhex(frozen_header);
  const auto message = [](std::string_view bytes) {
    const auto decoded = decode_segment_header(bytes);
    REQUIRE_FALSE(decoded);
    return decoded.error().message();
  };
  CHECK_THAT(message(header.substr(0, 20)), Catch::Contains("20 bytes of 48"));
  CHECK_THAT(message("X" + header.substr(1)), Catch::Contains("wrong magic"));
  std::string bad = header;
  bad[20] = 'x';
  CHECK_THAT(message(bad), Catch::Contains("wrong CRC"));
}

TEST_CASE("segments are named by their first record, so that they sort") {
  CHECK(segment_name(42) == "00000000000000000042.seg");
  CHECK(parse_segment_name("00000000000000000042.seg") == 42);
  CHECK_FALSE(parse_segment_name("42.seg"));
  CHECK_FALSE(parse_segment_name("00000000000000000042.idx"));
  CHECK_FALSE(parse_segment_name("99999999999999999999.seg"));
}
