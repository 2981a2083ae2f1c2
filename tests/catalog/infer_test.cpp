// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/infer.hpp"

#include "catch.hpp"
#include "millrace/catalog/table.hpp"
#include "vectors.hpp"

using namespace millrace;
using namespace millrace::catalog;

namespace {

std::string columns_of(std::initializer_list<std::string_view> records,
                       const InferOptions& options = {}) {
  Type type;
  for (const std::string_view record : records) infer_json(record, type, options).value();
  std::string out;
  for (const Column& column : to_columns(type)) out += column.name + " " + column.type + ";";
  return out;
}

}  // namespace

TEST_CASE("records give the columns of the vectors") {
  const std::string file = vector_file("schema_inference.json");
  const auto cases = parts(member(file, "cases"));
  REQUIRE(cases.size() == 10);
  for (const std::string_view each : cases) {
    INFO(each);
    Type type;
    for (const std::string_view record : parts(member(each, "records")))
      REQUIRE(infer_json(record, type));
    std::vector<Column> wanted;
    for (const std::string_view column : parts(member(each, "columns")))
      wanted.push_back({unquoted(parts(column)[0]), unquoted(parts(column)[1])});
    std::vector<Column> found = to_columns(type);
    for (Column& column : found) column.key.clear();
    CHECK(found == wanted);
  }
}

TEST_CASE("integers are int, bigint or double by their size, and numbers with a point double") {
  CHECK(columns_of({R"({"a":-2147483649})"}) == "a bigint;");
  CHECK(columns_of({R"({"a":9223372036854775807})"}) == "a bigint;");
  CHECK(columns_of({R"({"a":-9223372036854775808})"}) == "a bigint;");
  CHECK(columns_of({R"({"a":-9223372036854775809})"}) == "a double;");
  CHECK(columns_of({R"({"a":1e2})"}) == "a double;");
  CHECK(columns_of({R"({"a":1.0})", R"({"a":3000000000})"}) == "a double;");
  CHECK(columns_of({R"({"a":1})", R"({"a":0.5})"}) == "a double;");
}

TEST_CASE("integers past 64 bits are decimal(38,0) on request, up to 38 digits") {
  const InferOptions decimal{.big_integers = BigIntegers::as_decimal};
  CHECK(columns_of({R"({"a":9223372036854775808})"}, decimal) == "a decimal(38,0);");
  CHECK(columns_of({R"({"a":-99999999999999999999999999999999999999})"}, decimal) ==
        "a decimal(38,0);");
  CHECK(columns_of({R"({"a":999999999999999999999999999999999999999})"}, decimal) == "a double;");
  CHECK(columns_of({R"({"a":9223372036854775808})", R"({"a":1})"}, decimal) == "a decimal(38,0);");
  CHECK(columns_of({R"({"a":9223372036854775808})", R"({"a":1.5})"}, decimal) == "a double;");
}

TEST_CASE("dates and times are texts unless they are to be detected") {
  const auto with = [](std::string_view text) { return R"({"a":")" + std::string(text) + "\"}"; };
  const InferOptions detect{.times = Times::detect};
  CHECK(columns_of({with("2025-01-15")}) == "a string;");
  for (const char* date : {"2025-01-15", "2024-02-29", "0000-12-31", "2000-02-29"}) {
    INFO(date);
    CHECK(columns_of({with(date)}, detect) == "a date;");
  }
  for (const char* time : {"2025-01-15 10:00:00", "2025-01-15 23:59:59.123456789"}) {
    INFO(time);
    CHECK(columns_of({with(time)}, detect) == "a timestamp;");
  }
  for (const char* text :
       {"2025-02-29", "1900-02-29", "2025-13-01", "2025-00-01", "2025-01-00", "2025-1-1",
        "2025-01-15T10:00:00", "2025-01-15 24:00:00", "2025-01-15 10:60:00", "2025-01-15 10:00:60",
        "2025-01-15 10:00:00.", "2025-01-15 10:00:00.1234567890", "2025-01-15 10:00:00Z",
        "2025-01-15 ", "20250115", "2025-01-1x"}) {
    INFO(text);
    CHECK(columns_of({with(text)}, detect) == "a string;");
  }
  CHECK(columns_of({with("2025-01-15"), with("2025-01-15 10:00:00")}, detect) == "a string;");
}

TEST_CASE("a value of any other kind makes a column a string, for good") {
  CHECK(columns_of({R"({"a":{"x":1}})", R"({"a":1})"}) == "a string;");
  CHECK(columns_of({R"({"a":1})", R"({"a":{"x":1}})"}) == "a string;");
  CHECK(columns_of({R"({"a":[1]})", R"({"a":{"x":1}})", R"({"a":[1]})"}) == "a string;");
  CHECK(columns_of({R"({"a":[1,"x",null,true]})"}) == "a array<string>;");
  CHECK(columns_of({R"({"a":1,"a":"x"})"}) == "a string;");
}

TEST_CASE("empty objects and arrays are evidence only of being such") {
  CHECK(columns_of({R"({"a":{}})", R"({"a":{"x":null}})"}) == "a struct<x:string>;");
  CHECK(columns_of({R"({"a":[]})"}) == "a array<string>;");
  CHECK(columns_of({R"({"a":[[]]})", R"({"a":[[1],null]})"}) == "a array<array<int>>;");
  CHECK(columns_of({R"({"a":{}})", R"({"a":1})"}) == "a string;");
  CHECK(columns_of({"{}"}).empty());
}

TEST_CASE("names are lower case, of letters, digits and underscores, and differ") {
  CHECK(columns_of({R"({"User-Id":1,"user_id":2})"}) == "user_id int;user_id_1 int;");
  CHECK(columns_of({R"j({"Distance(mi)":1,"2x":1,"_z":1})j"}) == "distance_mi_ int;2x int;_z int;");
  CHECK(columns_of({R"({"a":1,"A":1,"a_1":1})"}) == "a int;a_1 int;a_1_1 int;");
  CHECK(columns_of({R"({"":1,"\u00e9":1,"a\"b":1})"}) == "_ int;__ int;a_b int;");
  CHECK(columns_of({R"({"o":{"X":1,"x":true}})"}) == "o struct<x:int,x_1:boolean>;");
  Type many{TypeKind::structure};
  for (int i = 0; i < 2000; ++i) many.members.push_back({std::string(300, 'k'), {}});
  const auto columns = to_columns(many);
  CHECK(columns[0].name == std::string(255, 'k'));
  CHECK(columns[1999].name == std::string(250, 'k') + "_1999");
}

TEST_CASE("a name that a partition key has is not given to a column") {
  Type type;
  REQUIRE(infer_json(R"({"year":1,"Year":2})", type));
  const auto columns = to_columns(type, {{.name = "year"}});
  CHECK(columns[0] == Column{"year_1", "int", "", "year"});
  CHECK(columns[1] == Column{"year_2", "int", "", "Year"});
}

TEST_CASE("what is no JSON is refused and changes nothing; too many members are refused") {
  Type type;
  REQUIRE(infer_json(R"({"a":1})", type));
  const Type before = type;
  for (const char* text : {"", "{", R"({"a":"x")", R"({"a":tru})", R"({"b":1} x)",
                           "{\"a\":\"\xff\"}", R"({"a":01})"}) {
    INFO(text);
    const Result<void> refused = infer_json(text, type);
    REQUIRE(!refused);
    CHECK(refused.error().code() == Errc::invalid_input);
    CHECK(refused.error().message().starts_with("json: line 1, column "));
    CHECK(type == before);
  }
  CHECK(!infer_json(std::string(65, '[') + std::string(65, ']'), type));
  const Result<void> many = infer_json(R"({"b":{"c":1,"d":2}})", type, {.max_members = 3});
  REQUIRE(!many);
  CHECK(many.error().code() == Errc::limit_exceeded);
  CHECK(many.error().message().find("more than 3 different members") != std::string::npos);
}

TEST_CASE("cells are nothing, booleans, numbers as in JSON, or texts") {
  const auto kind = [](std::string_view cell) { return infer_cell(cell); };
  CHECK(kind("") == TypeKind::unknown);
  for (const char* cell : {"true", "FALSE", "True"}) CHECK(kind(cell) == TypeKind::boolean);
  for (const char* cell : {"0", "-1", "2147483647"}) CHECK(kind(cell) == TypeKind::int32);
  CHECK(kind("2147483648") == TypeKind::int64);
  CHECK(kind("9223372036854775808") == TypeKind::float64);
  for (const char* cell : {"1.5", "-0.1e-5"}) CHECK(kind(cell) == TypeKind::float64);
  for (const char* cell : {"007", "+1", "1.", ".5", " 1", "1 ", "-", "0x1", "1,5", "truex",
                           "2025-01-15", "inf", "nan", "\xff"}) {
    INFO(cell);
    CHECK(kind(cell) == TypeKind::string);
  }
  CHECK(infer_cell("2025-01-15", {.times = Times::detect}) == TypeKind::date);
}
