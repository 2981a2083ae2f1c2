// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/glue.hpp"

#include <map>

#include "catch.hpp"
#include "vectors.hpp"

using namespace millrace;
using namespace millrace::catalog;

namespace {

// The body of a request of Glue's, from the vectors.
std::string body_of(const std::string& name) {
  const std::string file = vector_file("glue_requests.json");
  for (const std::string_view each : parts(member(file, "cases")))
    if (unquoted(member(each, "name")) == name) {
      std::string body;
      const std::string text = unquoted(member(each, "body"));
      for (std::size_t i = 0; i < text.size(); ++i) body += text[i] == '\\' ? text[++i] : text[i];
      return body;
    }
  throw std::runtime_error("no case " + name);
}

// A JSON text without blanks, and its objects' members by name.
std::string sorted(std::string_view text) {
  if (text.front() != '{' && text.front() != '[') return std::string(text);
  std::vector<std::string> names;
  const auto values = parts(text, &names);
  std::map<std::string, std::string> members;
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (text.front() == '{')
      members[names[i]] = sorted(values[i]);
    else
      out += sorted(values[i]) + ",";
  }
  for (const auto& [name, value] : members) out += name + ":" + value + ",";
  return text.front() + out;
}

Table vector_table() {
  return {.name = "t",
          .columns = {{"a", "bigint"}},
          .partition_keys = {{.name = "dt"}},
          .location = "s3://b/p/",
          .storage = {"org.apache.hadoop.mapred.TextInputFormat",
                      "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                      "org.openx.data.jsonserde.JsonSerDe",
                      {{"paths", "a"}}},
          .parameters = {{"classification", "json"}, {"EXTERNAL", "TRUE"}}};
}

// What we say and the vector leaves to Glue's defaults.
std::string without_defaults(std::string text) {
  const std::string defaults = "\"Compressed\":false,\"NumberOfBuckets\":-1,";
  const std::size_t at = text.find(defaults);
  REQUIRE(at != std::string::npos);
  return text.erase(at, defaults.size());
}

}  // namespace

TEST_CASE("requests to make a database and a table are those of the vectors") {
  CHECK(sorted(create_database_request({.name = "db"})) == sorted(body_of("glue-createdatabase")));
  CHECK(sorted(without_defaults(create_table_request("db", vector_table()))) ==
        sorted(body_of("glue-createtable")));
}

TEST_CASE("a partition's input has its values and the table's storage in its own place") {
  Table table = vector_table();
  table.partitions = {{{"2025-01-15"}, "s3://b/p/dt=2025-01-15/"}};
  const auto requests = create_partition_requests("db", table);
  REQUIRE(requests.size() == 1);
  const std::string ours = requests[0];
  const std::string wanted = body_of("glue-batchcreatepartition");
  for (const char* name : {"DatabaseName", "TableName"})
    CHECK(member(ours, name) == member(wanted, name));
  const std::string_view one = parts(member(ours, "PartitionInputList"))[0];
  const std::string_view wanted_one = parts(member(wanted, "PartitionInputList"))[0];
  CHECK(member(one, "Values") == member(wanted_one, "Values"));
  CHECK(member(member(one, "StorageDescriptor"), "Location") ==
        member(member(wanted_one, "StorageDescriptor"), "Location"));
  CHECK(sorted(member(member(one, "StorageDescriptor"), "Columns")) ==
        sorted(R"([{"Name":"a","Type":"bigint"}])"));
  CHECK(partition_input(table, table.partitions[0]) == one);
}

TEST_CASE("250 partitions are three requests of 100, 100 and 50") {
  Table table = vector_table();
  for (int i = 0; i < 250; ++i)
    table.partitions.push_back({{std::to_string(i)}, "s3://b/p/" + std::to_string(i) + "/"});
  const auto requests = create_partition_requests("db", table);
  REQUIRE(requests.size() == 3);
  CHECK(parts(member(requests[0], "PartitionInputList")).size() == 100);
  CHECK(parts(member(requests[1], "PartitionInputList")).size() == 100);
  CHECK(parts(member(requests[2], "PartitionInputList")).size() == 50);
}

TEST_CASE("values of several keys stand in the keys' order") {
  Table table = vector_table();
  table.partition_keys = {{.name = "year"}, {.name = "month"}};
  CHECK(member(partition_input(table, {{"2025", "01"}, "s3://b/p/2025/01/"}), "Values") ==
        R"(["2025","01"])");
}

TEST_CASE("JSON for people has a line for each member") {
  CHECK(database_input({"db", "about it", "s3://b/", {{"k", "v\"w"}}}, Spacing::pretty) ==
        "{\n  \"Name\": \"db\",\n  \"Description\": \"about it\",\n  \"LocationUri\": "
        "\"s3://b/\",\n  \"Parameters\": {\"k\": \"v\\\"w\"}\n}\n");
  CHECK(database_input({.name = "db"}) == "{\"Name\":\"db\"}");
  const std::string table = table_input(vector_table(), Spacing::pretty);
  CHECK(table.find("\n  \"StorageDescriptor\": {\n    \"Columns\": [\n") != std::string::npos);
  CHECK(sorted(table) == sorted(table_input(vector_table())));
}
