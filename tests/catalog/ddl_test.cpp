// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/ddl.hpp"

#include "catch.hpp"
#include "millrace/catalog/infer.hpp"

using namespace millrace;
using namespace millrace::catalog;

namespace {

Table table_for(std::string_view record, const TableOptions& options) {
  Type type;
  infer_json(record, type).value();
  return make_table(options, type).value();
}

}  // namespace

TEST_CASE("a table's DDL has its columns, partition keys, SerDe, place and properties") {
  const Table table =
      table_for(R"({"Age":"59","Balance":2343,"o":{"x":1,"y":"z"}})",
                {.name = "2022", .location = "s3://b/2022/", .partition_keys = {"partition_0"}});
  CHECK(create_table_ddl("bankdata", table).value() ==
        "CREATE EXTERNAL TABLE IF NOT EXISTS `bankdata`.`2022` (\n"
        "  `age` string,\n"
        "  `balance` int,\n"
        "  `o` struct<x:int,y:string>\n"
        ")\n"
        "PARTITIONED BY (`partition_0` string)\n"
        "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'\n"
        "WITH SERDEPROPERTIES (\n"
        "  'paths'='Age,Balance,o'\n"
        ")\n"
        "STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'\n"
        "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'\n"
        "LOCATION 's3://b/2022/'\n"
        "TBLPROPERTIES (\n"
        "  'classification'='json',\n"
        "  'compressionType'='none',\n"
        "  'typeOfData'='file'\n"
        ")");
}

TEST_CASE("identifiers that Hive would not take otherwise stand in back quotes") {
  const Table table = table_for(
      R"({"select":1,"_x":{"date":"d","_a":1,"1b":[{"timestamp":2}],"plain":true},"9":1})",
      {.name = "table", .location = "s3://b/", .partition_keys = {"order", "région"}});
  const std::string ddl = create_table_ddl("a-b.c", table).value();
  CHECK(ddl.find("`a-b.c`.`table` (") != std::string::npos);
  CHECK(ddl.find("\n  `select` int,\n") != std::string::npos);
  CHECK(ddl.find("\n  `_x` struct<`date`:string,`_a`:int,`1b`:array<struct<`timestamp`:int>>,"
                 "plain:boolean>,\n") != std::string::npos);
  CHECK(ddl.find("\n  `9` int\n)") != std::string::npos);
  CHECK(ddl.find("PARTITIONED BY (`order` string, `région` string)") != std::string::npos);
}

TEST_CASE("texts are escaped, so that none ends its quotes") {
  Table table =
      table_for(R"({"a":1})", {.name = "t", .location = "s3://b/it's/", .partition_keys = {"k"}});
  table.description = "a 'b' \\ c\nd";
  table.columns[0].comment = "'; DROP TABLE x; --";
  table.parameters["'k'"] = "\x01";
  const std::string ddl = create_table_ddl("db", table).value();
  CHECK(ddl.find("COMMENT 'a \\'b\\' \\\\ c\\012d'") != std::string::npos);
  CHECK(ddl.find("`a` int COMMENT '\\'; DROP TABLE x; --'") != std::string::npos);
  CHECK(ddl.find("LOCATION 's3://b/it\\'s/'") != std::string::npos);
  CHECK(ddl.find("'\\'k\\''='\\001'") != std::string::npos);
  table.partitions = {{{"o'clock\\"}, "s3://b/k=o'clock/"}};
  CHECK(
      add_partitions_ddl("db", table).value() ==
      std::vector<std::string>{"ALTER TABLE `db`.`t` ADD IF NOT EXISTS\n"
                               "  PARTITION (`k`='o\\'clock\\\\') LOCATION 's3://b/k=o\\'clock/'"});
}

TEST_CASE("a table that can't be is refused") {
  Table table = table_for(R"({"a":1})", {.name = "t", .location = "s3://b/"});
  const auto refused = [](const auto& result) {
    REQUIRE(!result);
    CHECK(result.error().code() == Errc::invalid_input);
    return result.error().message();
  };
  CHECK(refused(create_table_ddl("a`b", table)).find("database \"a`b\" holds") == 0);
  CHECK(refused(add_partitions_ddl("", table)) == "database has no name");
  CHECK(refused(drop_table_ddl("db", "a`b")).find("table \"a`b\" holds") == 0);
  CHECK(refused(create_database_ddl({.name = "A"})).find("upper-case") != std::string::npos);
  table.columns.clear();
  CHECK(refused(create_table_ddl("db", table)).find("table \"t\" has no columns") == 0);
  table.name = "a`b";
  CHECK(refused(create_table_ddl("db", table)).find("table \"a`b\" holds") == 0);
}

TEST_CASE("databases are made and tables dropped") {
  CHECK(create_database_ddl({.name = "bankdata"}).value() ==
        "CREATE DATABASE IF NOT EXISTS `bankdata`");
  CHECK(create_database_ddl({"db", "it's", "s3://b/", {{"k", "v"}}}).value() ==
        "CREATE DATABASE IF NOT EXISTS `db`\nCOMMENT 'it\\'s'\nLOCATION 's3://b/'\n"
        "WITH DBPROPERTIES (\n  'k'='v'\n)");
  CHECK(drop_table_ddl("db", "2022").value() == "DROP TABLE IF EXISTS `db`.`2022`");
}

TEST_CASE("partitions are added in statements that Athena takes, without deprecated ones") {
  Table table =
      table_for(R"({"a":1})", {.name = "t", .location = "s3://b/", .partition_keys = {"y", "m"}});
  CHECK(add_partitions_ddl("db", table).value().empty());
  for (int i = 0; i < 10'000; ++i) {
    const std::string number = std::to_string(10'000 + i);
    table.partitions.push_back({{"2025", number}, "s3://b/2025/" + number + "/"});
  }
  table.partitions[1].parameters = {{std::string(deprecated_parameter), "1"}};
  const std::vector<std::string> statements = add_partitions_ddl("db", table).value();
  CHECK(statements.size() == 3);
  std::size_t partitions = 0;
  for (const std::string& statement : statements) {
    CHECK(
        statement.starts_with("ALTER TABLE `db`.`t` ADD IF NOT EXISTS\n  PARTITION (`y`='2025', "));
    CHECK(statement.size() <= 262144);
    for (std::size_t at = 0; (at = statement.find("LOCATION", at)) != std::string::npos; ++at)
      ++partitions;
  }
  CHECK(partitions == 9'999);
  CHECK(statements[0].find("'10001'") == std::string::npos);
}
