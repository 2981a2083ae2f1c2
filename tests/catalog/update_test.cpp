// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/update.hpp"

#include "catch.hpp"
#include "millrace/catalog/infer.hpp"

using namespace millrace;
using namespace millrace::catalog;
using Kind = TableChange::Kind;

namespace {

constexpr Timestamp now{std::chrono::milliseconds(1'700'000'000'123)};

Table found(std::string_view record, std::vector<std::string> values = {},
            TableOptions options = {}) {
  Type type;
  if (!record.empty()) infer_json(record, type).value();
  options.name = "t";
  options.location = "s3://b/t/";
  options.partition_keys = {"k"};
  Table table = make_table(options, type).value();
  for (const std::string& value : values)
    table.partitions.push_back({{value}, "s3://b/t/" + value + "/"});
  return table;
}

std::string columns_of(const Table& table) {
  std::string out;
  for (const Column& column : table.columns) out += column.name + " " + column.type + ";";
  return out;
}

}  // namespace

TEST_CASE("new columns come at the end, and none is dropped or gets another type") {
  Table table = found(R"({"a":1,"b":"x","C":{"x":1}})");
  table.columns[0].comment = "by hand";
  const TableChange change =
      update(table, found(R"({"new":1.5,"c":{"x":1,"y":2},"A":"text","d-e":1})"), now);
  CHECK(change.kind == Kind::updated);
  CHECK(change.columns_added == std::vector<std::string>{"new", "d_e"});
  CHECK(columns_of(table) == "a int;b string;c struct<x:int>;new double;d_e int;");
  CHECK(table.columns[0].comment == "by hand");
  CHECK(table.storage.serde_parameters.at("paths") == "a,b,C,new,d-e");
  CHECK(table.storage.serde_parameters.at("mapping.d_e") == "d-e");
  CHECK(table.storage.serde_parameters.at("mapping.c") == "C");
  CHECK(check(table));
}

TEST_CASE("an update with nothing new changes nothing") {
  Table table = found(R"({"a":1,"User-Id":1})", {"1", "2"});
  const Table before = table;
  CHECK(update(table, found(R"({"User-Id":5})", {"1", "2"}), now).kind == Kind::unchanged);
  CHECK(table == before);
}

TEST_CASE("a new column whose name is taken gets a number") {
  Table table = found(R"({"user_id":1})");
  const TableChange change = update(table, found(R"({"User-Id":1,"k":2})"), now);
  CHECK(change.columns_added == std::vector<std::string>{"user_id_1", "k_1"});
  CHECK(table.columns[1].key == "User-Id");
  CHECK(update(table, found(R"({"k":2,"User-Id":1})"), now).kind == Kind::unchanged);
}

TEST_CASE("columns of delimited text are added by position, and other names are told") {
  const TableOptions csv{.classification = Classification::csv,
                         .csv = {.delimiter = ',', .header = true, .quoted = true}};
  Table table = found(R"({"a":1,"b":2})", {}, csv);
  const TableChange change = update(table, found(R"({"a":1,"x":2,"c":3})", {}, csv), now);
  CHECK(columns_of(table) == "a string;b string;c string;");
  CHECK(change.notes == std::vector<std::string>{"column 2 is b, a header calls it x"});
}

TEST_CASE("partitions come, are deprecated when their data go, and come back") {
  Table table = found(R"({"a":1})", {"1", "2"});
  TableChange change = update(table, found(R"({"a":1})", {"2", "3"}), now);
  CHECK(change.partitions_added == 1);
  CHECK(change.partitions_gone == 1);
  REQUIRE(table.partitions.size() == 3);
  CHECK(table.partitions[0].parameters == Parameters{{"DEPRECATED_BY_CRAWLER", "1700000000123"}});
  CHECK(table.partitions[1].parameters.empty());
  change = update(table, found(R"({"a":1})", {"2", "3"}), now);
  CHECK(change.kind == Kind::unchanged);
  change = update(table, found(R"({"a":1})", {"1", "2", "3"}), now);
  CHECK(change.partitions_restored == 1);
  CHECK(table.partitions[0].parameters.empty());
  change = update(table, found(R"({"a":1})", {"3"}), now, {.deleted = DeletedData::remove});
  CHECK(change.partitions_gone == 2);
  CHECK(table.partitions.size() == 1);
  change = update(table, found(R"({"a":1})", {}), now, {.deleted = DeletedData::ignore});
  CHECK(change.kind == Kind::unchanged);
}

TEST_CASE("a table without data is deprecated once, and restored when there are data") {
  Table table = found(R"({"a":1})", {"1"});
  CHECK(update_without_data(table, now).kind == Kind::deprecated);
  CHECK(table.parameters.at("DEPRECATED_BY_CRAWLER") == "1700000000123");
  CHECK(table.partitions[0].parameters.contains("DEPRECATED_BY_CRAWLER"));
  CHECK(update_without_data(table, now).kind == Kind::unchanged);
  CHECK(update(table, found(R"({"a":1})", {"1"}), now).kind == Kind::restored);
  CHECK_FALSE(table.parameters.contains("DEPRECATED_BY_CRAWLER"));
  CHECK(update_without_data(table, now, {.deleted = DeletedData::ignore}).kind == Kind::unchanged);
  CHECK(update_without_data(table, now, {.deleted = DeletedData::remove}).kind == Kind::removed);
}

TEST_CASE("what was not looked at or could not be read is not gone") {
  Table table = found(R"({"a":1})", {"1", "2"});
  CHECK(update(table, found(R"({"a":1})", {"1"}), now, {}, {.location = "s3://b/t/1/"}).kind ==
        Kind::unchanged);
  CHECK(update(table, found(R"({"a":1})", {"1"}), now, {},
               {.location = "s3://b/", .unread = {"s3://b/t/2/deep/"}})
            .kind == Kind::unchanged);
  CHECK(update_without_data(table, now, {}, {.location = "s3://other/"}).kind == Kind::unchanged);
  CHECK(
      update_without_data(table, now, {}, {.location = "s3://b/", .unread = {"s3://b/t/"}}).kind ==
      Kind::unchanged);
  CHECK(
      update_without_data(table, now, {}, {.location = "s3://b/", .unread = {"s3://b/u/"}}).kind ==
      Kind::deprecated);
}

TEST_CASE("other partition keys are refused unless the schema is replaced") {
  Table table = found(R"({"a":1,"old":1})", {"1"});
  Table other = found(R"({"a":"x","new":1})");
  other.partition_keys = {{.name = "year"}, {.name = "month"}};
  other.partitions = {{{"2025", "01"}, "s3://b/t/2025/01/"}};
  const Table before = table;
  const TableChange refused = update(table, other, now);
  CHECK(refused.kind == Kind::unchanged);
  CHECK(refused.notes == std::vector<std::string>{
                             "what was found has other partition keys; nothing was taken over"});
  CHECK(table == before);
  const TableChange replaced = update(table, other, now, {.schema = SchemaChange::replace});
  CHECK(replaced.kind == Kind::updated);
  CHECK(replaced.columns_added == std::vector<std::string>{"new"});
  CHECK(columns_of(table) == "a string;new int;");
  CHECK(table.partitions == other.partitions);
}

TEST_CASE("a schema that is to be left alone gets partitions only") {
  Table table = found(R"({"a":1})", {"1"});
  const TableChange change =
      update(table, found(R"({"z":1})", {"1", "2"}), now, {.schema = SchemaChange::ignore});
  CHECK(change.columns_added.empty());
  CHECK(change.partitions_added == 1);
  CHECK(columns_of(table) == "a int;");
}

TEST_CASE("kinds of changes have names") {
  CHECK(to_string(Kind::unchanged) == "unchanged");
  CHECK(to_string(Kind::removed) == "removed");
}
