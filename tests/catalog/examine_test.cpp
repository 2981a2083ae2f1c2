// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/examine.hpp"

#include "catch.hpp"
#include "gzip.hpp"

using namespace millrace;
using namespace millrace::catalog;

namespace {

std::string columns_of(const ObjectSchema& schema) {
  std::string out;
  for (const Column& column : to_columns(schema.record))
    out += column.name + " " + column.type + ";";
  return out;
}

std::string note_of(const ObjectSchema& schema) {
  return schema.notes.empty() ? "" : schema.notes.front();
}

}  // namespace

TEST_CASE("JSON is found on lines, one after the other and without a last line break") {
  for (const char* text :
       {"{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\r\n{\"a\":2}", "\n\n {\"a\":1}\n\n{\"a\":2}\n "}) {
    INFO(text);
    const ObjectSchema schema = examine(text);
    CHECK(schema.classification == Classification::json);
    CHECK(schema.records == 2);
    CHECK(schema.notes.empty());
    CHECK(columns_of(schema) == "a int;");
  }
  const ObjectSchema one = examine(R"({"a":1})");
  CHECK(one.records == 1);
  CHECK(one.notes.empty());
}

TEST_CASE("records that readers of lines can't take are read, with a note") {
  const ObjectSchema joined = examine(R"({"a":1}{"a":2.5} {"b":1})");
  CHECK(joined.records == 3);
  CHECK(columns_of(joined) == "a double;b int;");
  CHECK(note_of(joined).find("several records stand on one line") == 0);
  const ObjectSchema spread = examine("{\n \"a\": 1\n}\n");
  CHECK(spread.records == 1);
  CHECK(note_of(spread) == "a record spans several lines, which readers of lines can't take");
}

TEST_CASE("an array at the top is a column of that name") {
  CHECK(columns_of(examine(R"([{"a":1},{"a":2.5}])")) == "array array<struct<a:double>>;");
}

TEST_CASE("a record that can't be read is counted, and the lines behind it are read") {
  const ObjectSchema schema = examine("{\"a\":1}\n{\"a\":tru\n{\"a\":2}\n7\n{\"b\":1}\n");
  CHECK(schema.classification == Classification::json);
  CHECK(schema.records == 3);
  CHECK(schema.bad_records == 2);
  CHECK(columns_of(schema) == "a int;b int;");
  CHECK(note_of(schema).find("record 2 can't be read: json: line 1, column 6") == 0);
}

TEST_CASE("text that only begins like JSON is of no known format") {
  const ObjectSchema log = examine("[INFO] started\n[WARN] late\n");
  CHECK(log.classification == Classification::unknown);
  CHECK(note_of(log).find("record 1 can't be read") == 0);
  CHECK(examine("{").classification == Classification::unknown);
  std::string deep(100'000, '[');
  CHECK(examine(deep).classification == Classification::unknown);
  std::string lines;
  for (int i = 0; i < 50'000; ++i) lines += "[\n";
  CHECK(examine(lines).classification == Classification::unknown);
}

TEST_CASE("an object with too many different members is of no known format") {
  std::string text = "{";
  for (int i = 0; i < 3000; ++i) text += "\"k" + std::to_string(i) + "\":1,";
  text.back() = '}';
  const ObjectSchema schema = examine(text);
  CHECK(schema.classification == Classification::unknown);
  CHECK(note_of(schema).find("more than 2000 different members") != std::string::npos);
}

TEST_CASE("empty objects and blanks say nothing") {
  for (const char* text : {"", " \r\n\t", "\xEF\xBB\xBF"}) {
    const ObjectSchema schema = examine(text);
    CHECK(schema.classification == Classification::unknown);
    CHECK(schema.notes.empty());
  }
}

TEST_CASE("a record that the sample cuts is left out, and is not bad") {
  const std::string text = "{\"a\":1}\n{\"a\":\"long text\"}\n";
  const ObjectSchema schema = examine(text, Extent::whole, {.sample = {12}});
  CHECK(columns_of(schema) == "a int;");
  CHECK(schema.bad_records == 0);
  const ObjectSchema none = examine(text, Extent::whole, {.sample = {5}});
  CHECK(none.classification == Classification::unknown);
  CHECK(note_of(none) == "its first JSON text is longer than the sample");
  const ObjectSchema rows = examine("1,2\n3,4\n5,x", Extent::beginning);
  CHECK(columns_of(rows) == "col0 int;col1 int;");
}

TEST_CASE("delimiters are found, and rows without a header have numbered columns") {
  for (const char delimiter : {',', '|', '\t', ';', '\x01'}) {
    std::string text = "1,x,2.5\n3000000000,y,\n";
    for (char& c : text)
      if (c == ',') c = delimiter;
    const ObjectSchema schema = examine(text);
    CHECK(schema.classification == Classification::csv);
    CHECK(schema.csv == CsvFormat{delimiter, false, false});
    CHECK(schema.records == 2);
    CHECK(columns_of(schema) == "col0 bigint;col1 string;col2 double;");
  }
}

TEST_CASE("a first row of different texts over a column of another kind is a header") {
  const ObjectSchema schema = examine("age,job,Distance(mi)\r\n59,admin.,1.5\r\n41,technician,2");
  CHECK(schema.csv.header);
  CHECK(schema.records == 2);
  CHECK(columns_of(schema) == "age int;job string;distance_mi_ double;");
  CHECK_FALSE(examine("a,b\nc,d\ne,f\n").csv.header);
  CHECK_FALSE(examine("a,a\n1,2\n").csv.header);
  CHECK_FALSE(examine("a,7\n1,2\n").csv.header);
  CHECK_FALSE(examine("a,,c\n1,2,3\n").csv.header);
  CHECK(columns_of(examine("a,b,\n1,2,3\n")) == "a int;b int;col2 int;");
  CHECK_FALSE(examine(std::string(150, 'a') + ",b\n1,2\n").csv.header);
}

TEST_CASE("whether there is a header can be said") {
  const ObjectSchema present = examine("a,b\nc,d\n", Extent::whole, {.header = Header::present});
  CHECK(columns_of(present) == "a string;b string;");
  CHECK(present.records == 1);
  const ObjectSchema absent = examine("a,b\n1,2\n", Extent::whole, {.header = Header::absent});
  CHECK(columns_of(absent) == "col0 string;col1 string;");
}

TEST_CASE("cells in quotes hold delimiters, quotes and line breaks") {
  const ObjectSchema schema = examine("id,text\n\"1\",\"a,\"\"b\"\"\nc\"\n2,d\n");
  CHECK(schema.csv == CsvFormat{',', true, true});
  CHECK(schema.records == 2);
  CHECK(columns_of(schema) == "id int;text string;");
}

TEST_CASE("one row is enough when the delimiter is given, and not when it is to be found") {
  CHECK(columns_of(examine("1|x", Extent::whole, {.delimiter = '|'})) == "col0 int;col1 string;");
  const ObjectSchema guessed = examine("1|x");
  CHECK(guessed.classification == Classification::unknown);
  CHECK(note_of(guessed) ==
        "text that is neither JSON nor rows of equally many cells: \"1|x\"; give the delimiter if "
        "there is one");
}

TEST_CASE("rows of another width are counted when the delimiter is given") {
  const ObjectSchema schema =
      examine("1,2\n3\n4,5,6\n7,8\n\"9\n", Extent::whole, {.delimiter = ','});
  CHECK(schema.records == 2);
  CHECK(schema.bad_records == 3);
  CHECK(note_of(schema) == "row 2 can't be read: it has 1 cells, the first row 2");
  CHECK(examine("1,2\n3\n").classification == Classification::unknown);
}

TEST_CASE("binary, prose and Parquet are told apart") {
  CHECK(note_of(examine(std::string("\x7f"
                                    "ELF\0\1\2",
                                    7))) == "binary, of no known format");
  CHECK(note_of(examine("Some words.\nMore, words.\n")).find("text that is neither") == 0);
  const ObjectSchema parquet = examine(std::string("PAR1\x15\0\x15", 7));
  CHECK(parquet.classification == Classification::parquet);
  CHECK(columns_of(parquet).empty());
}

TEST_CASE("a byte order mark is stepped over, with a note") {
  const ObjectSchema schema = examine("\xEF\xBB\xBF{\"a\":1}\n");
  CHECK(columns_of(schema) == "a int;");
  CHECK(note_of(schema).find("byte order mark") != std::string::npos);
}

TEST_CASE("gzip is unpacked by its magic bytes, also of several members") {
  const std::string packed = gzip("{\"a\":1}\n") + gzip("{\"b\":2}\n");
  const ObjectSchema schema = examine(packed);
  CHECK(schema.compression == Compression::gzip);
  CHECK(schema.records == 2);
  CHECK(columns_of(schema) == "a int;b int;");
  CHECK(columns_of(examine(gzip("x,y\n1,2\n"))) == "x int;y int;");
  CHECK(examine(gzip("")).notes.empty());
}

TEST_CASE("broken gzip is of no known format, wherever it breaks") {
  const std::string text = "{\"a\":1,\"text\":\"0123456789\"}\n";
  const std::string packed = gzip(text + text);
  for (std::size_t size = 2; size < packed.size(); ++size) {
    INFO("cut at " << size);
    const ObjectSchema schema = examine(packed.substr(0, size));
    CHECK(schema.classification == Classification::unknown);
    CHECK(note_of(schema).find("broken gzip at byte " + std::to_string(size)) == 0);
  }
  for (std::size_t at = 0; at < packed.size(); ++at) {
    std::string broken = packed;
    broken[at] = static_cast<char>(broken[at] ^ 0x55);
    INFO("byte " << at);
    const ObjectSchema schema = examine(broken);
    // Name, time and system of the header are under no check.
    if (at >= 10) CHECK(schema.classification == Classification::unknown);
  }
  CHECK(note_of(examine(packed + "rubbish")).find("broken gzip") == 0);
}

TEST_CASE("a small object that unpacks to a huge one costs no more than the sample") {
  std::string lines;
  for (int i = 0; i < 2'000'000; ++i) lines += "{\"a\":1}\n";
  const std::string packed = gzip(lines);
  const ObjectSchema schema = examine(packed, Extent::whole, {.sample = {1u << 20}});
  CHECK(schema.records == (1u << 20) / 8);
  const ObjectSchema start =
      examine(std::string_view(packed).substr(0, 2000), Extent::beginning, {});
  CHECK(columns_of(start) == "a int;");
  CHECK(start.bad_records == 0);
}

TEST_CASE("schemas are as similar as the members that they share") {
  const ObjectSchema a = examine(R"({"a":1,"b":2,"c":3,"d":4})");
  const ObjectSchema b = examine(R"({"b":2.5,"a":1})");
  CHECK(similarity(a, b, Share::of_smaller) == 1);
  CHECK(similarity(a, b, Share::of_union) == 0.5);
  CHECK(similarity(a, examine(R"({"a":"x","b":2})"), Share::of_smaller) == 0.5);
  CHECK(similarity(a, examine("1,2\n3,4\n"), Share::of_smaller) == 0);
  CHECK(similarity(examine("1,2\n3,4\n"), examine("1|2\n3|4\n"), Share::of_smaller) == 0);
  CHECK(similarity(examine("a,b\n1,2\n"), examine("b,a\n1,2\n"), Share::of_smaller) == 0);
  CHECK(similarity(examine("a,b\n1,2\n"), examine("3,4\n5,6\n"), Share::of_smaller) == 1);
  CHECK(similarity(examine("{}"), a, Share::of_union) == 0);
  CHECK(similarity(examine("{}"), a, Share::of_smaller) == 1);
}

TEST_CASE("merged rows keep their positions and take names from a header") {
  ObjectSchema rows = examine("1,2\n3,4\n");
  merge(rows, examine("a,b,c\n1.5,x,1\n"));
  CHECK(columns_of(rows) == "a double;b string;c int;");
  CHECK(rows.records == 3);
  CHECK(note_of(rows) == "some objects have a header row, others have none");
}
