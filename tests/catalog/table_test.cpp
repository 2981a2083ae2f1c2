// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/table.hpp"

#include <functional>

#include "catch.hpp"
#include "millrace/catalog/describe.hpp"

using namespace millrace;
using namespace millrace::catalog;

namespace {

struct Place {
  double lat = 0;
  std::optional<float> height;
};
constexpr auto describe(type<Place>) {
  return fields("Lat", &Place::lat, "height", &Place::height);
}

struct Reading {
  std::string id;
  std::int16_t small = 0;
  std::uint32_t count = 0;
  std::uint64_t sum = 0;
  std::optional<std::int64_t> big;
  bool good = false;
  Timestamp at{};
  std::vector<Place> places;
};
constexpr auto describe(type<Reading>) {
  return fields("ID", &Reading::id, "small", &Reading::small, "count", &Reading::count, "sum",
                &Reading::sum, "big", &Reading::big, "good", &Reading::good, "At", &Reading::at,
                "places", &Reading::places);
}

Table table_with(const std::function<void(Table&)>& change) {
  Table table =
      table_of<Reading>({.name = "t", .location = "s3://b/p/", .partition_keys = {"dt"}}).value();
  table.partitions = {{{"1"}, "s3://b/p/1/"}};
  change(table);
  return table;
}

std::string refusal(const std::function<void(Table&)>& change) {
  const Result<void> checked = check(table_with(change));
  REQUIRE(!checked);
  return checked.error().message();
}

}  // namespace

TEST_CASE("a described struct gives a table without crawling") {
  const Table table = table_with([](Table&) {});
  std::string columns;
  for (const Column& column : table.columns) columns += column.name + " " + column.type + ";";
  CHECK(columns ==
        "id string;small int;count bigint;sum decimal(20,0);big bigint;good boolean;at string;"
        "places array<struct<lat:double,height:float>>;");
  CHECK(table.partition_keys == std::vector<Column>{{.name = "dt"}});
  CHECK(table.parameters.at("classification") == "json");
  CHECK(check(table));
  const Table timed =
      table_of<Reading>({.name = "t", .location = "s3://b/p/"}, Times::detect).value();
  CHECK(timed.columns[6].type == "timestamp");
}

TEST_CASE("formats have their SerDe and its parameters") {
  const auto made = [](Classification classification, CsvFormat csv = {}) {
    return table_of<Place>({.name = "t",
                            .location = "s3://b/p/",
                            .classification = classification,
                            .csv = csv,
                            .compression = Compression::gzip})
        .value();
  };
  const Table json = made(Classification::json);
  CHECK(json.storage.serde == "org.openx.data.jsonserde.JsonSerDe");
  CHECK(json.storage.serde_parameters == Parameters{{"paths", "Lat,height"}});
  CHECK(json.parameters.at("compressionType") == "gzip");
  const Table quoted = made(Classification::csv, {',', true, true});
  CHECK(quoted.storage.serde == "org.apache.hadoop.hive.serde2.OpenCSVSerde");
  CHECK(quoted.storage.serde_parameters ==
        Parameters{{"separatorChar", ","}, {"quoteChar", "\""}, {"escapeChar", "\\"}});
  CHECK(quoted.columns[0].type == "string");
  CHECK(quoted.parameters.at("skip.header.line.count") == "1");
  const Table lazy = made(Classification::csv, {'|', false, false});
  CHECK(lazy.storage.serde == "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe");
  CHECK(lazy.storage.serde_parameters ==
        Parameters{{"field.delim", "|"}, {"serialization.format", "|"}});
  CHECK(lazy.columns[0].type == "double");
  CHECK_FALSE(lazy.parameters.contains("skip.header.line.count"));
  CHECK(made(Classification::parquet).storage.serde ==
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe");
  const Result<Table> unknown = table_of<Place>(
      {.name = "t", .location = "s3://b/", .classification = Classification::unknown});
  REQUIRE(!unknown);
  CHECK(unknown.error().message() ==
        "table \"t\": there is no SerDe for an unknown classification");
}

TEST_CASE("keys that case alone does not lead to their column are mapped, and then all are") {
  Type record;
  REQUIRE(infer_json(R"j({"Age":1,"plain":1,"Distance(mi)":1,"o":{"User-Id":1}})j", record));
  const Table table = make_table({.name = "t", .location = "s3://b/"}, record).value();
  CHECK(table.storage.serde_parameters == Parameters{{"paths", "Age,plain,Distance(mi),o"},
                                                     {"case.insensitive", "false"},
                                                     {"mapping.age", "Age"},
                                                     {"mapping.distance_mi_", "Distance(mi)"},
                                                     {"mapping.user_id", "User-Id"}});
  Type nested;
  REQUIRE(infer_json(R"({"Age":1,"o":{"a-b":1}})", nested));
  CHECK(make_table({.name = "t", .location = "s3://b/"}, nested).value().storage.serde_parameters ==
        Parameters{{"paths", "Age,o"},
                   {"case.insensitive", "false"},
                   {"mapping.age", "Age"},
                   {"mapping.a_b", "a-b"}});
}

TEST_CASE("what Glue and Hive do not take is refused, with the place and the value") {
  CHECK(refusal([](Table& t) { t.name = ""; }) == "table has no name");
  CHECK(refusal([](Table& t) { t.name = "Bank"; }) ==
        "table \"Bank\" has upper-case letters; the catalog's names are lower case");
  for (const char* name : {"a`b", "a\"b", "a/b", "a\nb", "a\x7f"})
    CHECK(refusal([&](Table& t) { t.name = name; }).find("which no name may") != std::string::npos);
  CHECK(refusal([](Table& t) { t.name = "\xff"; }) == "table \"\\xff\" is not UTF-8");
  CHECK(refusal([](Table& t) { t.name = std::string(256, 'x'); }) ==
        "table has a name of 256 bytes; the limit is 255");
  CHECK(refusal([](Table& t) { t.location = ""; }) ==
        "table \"t\" has no location; give one like s3://bucket/p/");
  CHECK(refusal([](Table& t) { t.location = "s3://\xff/"; }) ==
        "table \"t\": text \"s3://\\xff/\" is not UTF-8");
  CHECK(refusal([](Table& t) { t.description = std::string("a\0b", 3); }) ==
        "table \"t\": text \"a\\x00b\" holds a zero byte");
  CHECK(refusal([](Table& t) { t.columns[1].name = "id"; }) ==
        "table \"t\": column \"id\" is there twice");
  CHECK(refusal([](Table& t) { t.partition_keys[0].name = "id"; }) ==
        "table \"t\": partition key \"id\" is there twice");
  CHECK(refusal([](Table& t) { t.columns[0].type = "int); DROP"; }) ==
        "table \"t\": column \"id\": type \"int); DROP\", column 4: expected the end");
  CHECK(refusal([](Table& t) {
          t.partitions[0].values = {"1", "2"};
        }) == "table \"t\": partition at \"s3://b/p/1/\" has 2 values for 1 partition keys");
  CHECK(refusal([](Table& t) { t.partitions[0].values = {""}; }) ==
        "table \"t\": partition at \"s3://b/p/1/\" has an empty value");
  CHECK(refusal([](Table& t) { t.parameters["x"] = "\xff"; }) ==
        "table \"t\": parameter x \"\\xff\" is not UTF-8");
  const Result<void> database = check(Database{.name = "a`b"});
  REQUIRE(!database);
  CHECK(database.error().message().find("database \"a`b\" holds") == 0);
  CHECK(check(Database{.name = "realtime-de-db"}));
}
