// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_validate.hpp"

#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/formats/csv_columns.hpp"
#include "millrace/formats/csv_scan.hpp"
#include "millrace/formats/csv_split.hpp"

using namespace millrace;

namespace {

using Table = std::vector<std::vector<std::string>>;

std::string problem(std::string_view text) {
  const Result<csv::Shape> shape = csv::validate(text);
  return shape ? std::to_string(shape->records) + "x" + std::to_string(shape->fields)
               : shape.error().message();
}

Table table(std::string_view text) {
  csv::RecordSplitter splitter;
  std::vector<Text> records(100);
  const Split split = splitter.split(text, Input::ended, records);
  Table out;
  for (std::size_t i = 0; i < split.records; ++i)
    out.push_back(csv::split_record(records[i]).value());
  return out;
}

}  // namespace

TEST_CASE("the usual variants of a CSV file read as their tables") {
  CHECK(table("a,b,c\n1,2,3\n") == Table{{"a", "b", "c"}, {"1", "2", "3"}});
  CHECK(table("a,b,c\r\n1,2,3\r\n") == Table{{"a", "b", "c"}, {"1", "2", "3"}});
  CHECK(table("a,b,c\n1,2,3") == Table{{"a", "b", "c"}, {"1", "2", "3"}});
  CHECK(table("first,address\nJohn,\"120 any st, Town\"\n") ==
        Table{{"first", "address"}, {"John", "120 any st, Town"}});
  CHECK(table("a,b\n1,\"\"\"\"\n") == Table{{"a", "b"}, {"1", "\""}});
  CHECK(table("a,b\n1,\"ha \"\"ha\"\" ha\"\n") == Table{{"a", "b"}, {"1", "ha \"ha\" ha"}});
  CHECK(table("a,b\n\"\",\"\"\n,\n") == Table{{"a", "b"}, {"", ""}, {"", ""}});
  CHECK(table("key,val\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"at\"\": [102.0, 0.5]}\"\n") ==
        Table{{"key", "val"}, {"1", "{\"type\": \"Point\", \"at\": [102.0, 0.5]}"}});
  CHECK(table("a,b\n1,\"one\ntwo\r\nthree\"\n\"x\n\",4\n") ==
        Table{{"a", "b"}, {"1", "one\ntwo\r\nthree"}, {"x\n", "4"}});
  CHECK(table("a\n\xca\xa4,x\n") == Table{{"a"}, {"\xca\xa4", "x"}});
  CHECK(table("\"a\",\"b\"\n\"1\",\"2\"") == Table{{"a", "b"}, {"1", "2"}});
  CHECK(table("a b , c\n 1,2 \n") == Table{{"a b ", " c"}, {" 1", "2 "}});
  CHECK(table("") == Table{});
}

TEST_CASE("a good file gives its shape") {
  CHECK(problem("a,b\n1,2\n\n3,\"4\n5\"\n") == "3x2");
  CHECK(problem("") == "0x0");
  CHECK(problem("one") == "1x1");
}

TEST_CASE("the first problem is told with its line and column") {
  CHECK(problem("a,b\n1\n") == "csv: line 2, column 1: the record has 1 fields, the first one 2");
  CHECK(problem("a,b\n\"x\ny\",1\n1,b\"c\n") ==
        "csv: line 4, column 4: a quote inside a field that does not begin with one");
  CHECK(problem("a,b\n1,\"b\"c\n") == "csv: line 2, column 6: \"c\" after a closing quote");
  CHECK(problem("a,b\n1,\"b\n2,3\n") == "csv: line 2, column 3: the quote is not closed");
  CHECK(problem("a,b\n1\r,2\n") == "csv: line 2, column 2: a line break outside quotes");
  CHECK(problem("a,b\n1, \"b\"\n") ==
        "csv: line 2, column 4: a quote inside a field that does not begin with one");
}

TEST_CASE("the fields of a record are those that reading a byte at a time finds") {
  const std::uint32_t seed = GENERATE(range(0u, 500u));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    // Mostly legal: quoted and plain fields, then perhaps one byte changed.
    std::string record;
    const std::size_t count = 1 + random() % 30;
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) record += ',';
      const bool quoted = random() % 3 == 0;
      if (quoted) record += '"';
      for (std::size_t k = random() % 12; k != 0; --k)
        record += quoted ? std::string_view("x,\n\r ")[random() % 5] : 'y';
      if (quoted) record += random() % 2 ? "\"\"\"" : "\"";
    }
    if (!record.empty() && random() % 3 == 0)
      record[random() % record.size()] = "\",\nz"[random() % 4];
    const std::vector<char> bytes(record.begin(), record.end());
    const std::string_view row(bytes.data(), bytes.size());
    csv::RowScan scan;
    const csv::RowScan::Flaw flaw = csv::RowScan::flaw(row, ',');
    INFO(record);
    REQUIRE(scan.scan(row, ',') == flaw.reason.empty());
    if (!flaw.reason.empty()) continue;
    Table::value_type fields(1);
    bool inside = false;
    for (const char c : record) {
      if (c == '"') inside = !inside;
      if (c == ',' && !inside)
        fields.emplace_back();
      else
        fields.back() += c;
    }
    REQUIRE(scan.fields() == fields.size());
    for (int k = 0; k < 10; ++k) {
      const std::size_t i = random() % fields.size();
      REQUIRE(scan.field(i) == fields[i]);
    }
  }
}
