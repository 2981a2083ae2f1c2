// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/csv.hpp"

#include "catch.hpp"
#include "driver.hpp"

using namespace millrace;

namespace {

using Rows = std::vector<std::string>;

std::string text(const csv::Row& row) { return row.text.str(); }
std::string with_header(const csv::Row& row) { return row.header.str() + "|" + row.text.str(); }

}  // namespace

TEST_CASE("each record of a CSV file comes with the file's header") {
  Driver driver;
  driver.put("/a.csv", "id,city\n1,Dublin\r\n2,\"New\nYork\"\n3,Col");
  auto source = file::csv("/a.csv");
  CHECK(driver.read(source, with_header) ==
        Rows{"id,city|1,Dublin", "id,city|2,\"New\nYork\"", "id,city|3,Col"});
}

TEST_CASE("zero rows, an empty file, one row without a line break") {
  Driver driver;
  for (const auto& [bytes, rows] : std::vector<std::pair<std::string, Rows>>{
           {"", {}}, {"id", {}}, {"id\n", {}}, {"id\n1", {"1"}}, {"\xEF\xBB\xBFid\n1\n", {"1"}}}) {
    INFO(bytes);
    driver.put("/a.csv", bytes);
    auto source = file::csv("/a.csv");
    CHECK(driver.read(source, text) == rows);
  }
}

TEST_CASE("a byte order mark is no part of the header") {
  Driver driver;
  driver.put("/a.csv", "\xEF\xBB\xBFid\n1\n");
  auto source = file::csv("/a.csv");
  CHECK(driver.read(source, with_header) == Rows{"id|1"});
}

TEST_CASE("a file without a header gives its first record, too") {
  Driver driver;
  driver.put("/a.csv", "1\n2\n");
  auto source = file::csv("/a.csv", {.header = file::Header::none});
  CHECK(driver.read(source, with_header) == Rows{"|1", "|2"});
}

TEST_CASE("a resumed source reads the header again and goes on with the next record") {
  Driver driver(5);
  std::string bytes = "id,note\n";
  Rows rows;
  for (int i = 0; i < 3000; ++i) {
    rows.push_back("id,note|" + std::to_string(i) + ",\"" + std::string(100, 'x') + "\n\"");
    bytes += rows.back().substr(8) + "\n";
  }
  driver.put("/a.csv", bytes);
  for (const std::size_t batches : {0u, 1u, 2u, 100u, 130u, 599u, 600u}) {
    INFO(batches);
    auto first = file::csv("/a.csv");
    Rows all = driver.read(first, with_header, batches);
    auto second = file::csv("/a.csv");
    second.resume(first.position());
    const Rows rest = driver.read(second, with_header);
    all.insert(all.end(), rest.begin(), rest.end());
    CHECK(all == rows);
  }
}

TEST_CASE("a quote that is never closed costs its own line, and the rest is read") {
  Driver driver;
  driver.put("/a.csv", "id,city\n1,a\n2,\"open\r\n3,c\n4,d");
  auto source = file::csv("/a.csv");
  CHECK(driver.read(source, text) == Rows{"1,a", "2,\"open", "3,c", "4,d"});
}

TEST_CASE("a quote that is not closed within max_record costs its own line, too") {
  Driver driver(8);
  std::string bytes = "id,city\n1,a\n2,\"open\n";
  Rows rows = {"1,a", "2,\"open"};
  for (int i = 3; i < 20'000; ++i) {
    rows.push_back(std::to_string(i) + ",plain");
    bytes += rows.back() + "\n";
  }
  driver.put("/a.csv", bytes);
  auto source = file::csv("/a.csv", {.read = {.max_record = ByteSize{2000}}});
  CHECK(driver.read(source, text) == rows);
}

TEST_CASE("a last row cut within quotes is passed on as it is") {
  Driver driver;
  for (const char* cut : {"2,\"cu", "2,\"cu\r", "2,\"", "2"}) {
    driver.put("/a.csv", "id,city\n1,a\n" + std::string(cut));
    auto source = file::csv("/a.csv");
    CHECK(driver.read(source, text) == Rows{"1,a", cut});
  }
}

TEST_CASE("a line or header longer than max_record is an error that names file, line and byte") {
  Driver driver;
  Batch<csv::Row> batch;
  driver.put("/a.csv", "id\n1\n" + std::string(5000, 'x') + "\n");
  auto rows = file::csv("/a.csv", {.read = {.max_record = ByteSize{1000}}});
  CHECK(driver.run(rows.read(batch, driver.cx)) == ReadStatus::more);
  CHECK(driver.failure(rows.read(batch, driver.cx)) ==
        "/a.csv:3 (byte 5): a line longer than max_record, 1000 bytes; is it a CSV file? Else "
        "raise ReadOptions");
  driver.put("/a.csv", std::string(5000, 'x'));
  auto header = file::csv("/a.csv", {.read = {.max_record = ByteSize{1000}}});
  CHECK(driver.failure(header.read(batch, driver.cx)) ==
        "/a.csv:1 (byte 0): a header longer than max_record, 1000 bytes; is it a CSV file?");
}
