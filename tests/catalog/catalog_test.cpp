// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/catalog.hpp"

#include "catch.hpp"
#include "millrace/catalog/describe.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/store/directory.hpp"

using namespace millrace;
using namespace millrace::catalog;
using Kind = TableChange::Kind;

namespace {

struct Row {
  std::string id;
  std::int64_t count = 0;
};
constexpr auto describe(type<Row>) { return fields("id", &Row::id, "count", &Row::count); }

struct Job {
  sim::Env sim;
  store::Directory lake = store::Directory::open(sim.env(), "/lake").value();
  Catalog catalog = Catalog::open(sim.env(), "/catalog").value();

  void put(const std::string& key, std::string_view bytes) { REQUIRE(lake.put(key, bytes)); }
  std::vector<TableChange> crawl(std::string prefix = {}, const UpdateOptions& options = {}) {
    const std::vector<Table> known = catalog.tables("db").value();
    const Crawl found =
        catalog::crawl(lake, {.location = "s3://b/", .prefix = std::move(prefix)}, known).value();
    return catalog.record("db", found, options).value();
  }
  Table table(std::string_view name) const { return catalog.table("db", name).value(); }
};

std::string columns_of(const Table& table) {
  std::string out;
  for (const Column& column : table.columns) out += column.name + " " + column.type + ";";
  return out;
}

template <class T>
Error error_of(const Result<T>& result) {
  REQUIRE(!result);
  return result.error();
}

}  // namespace

TEST_CASE("databases and tables are read back as they were put, also by another process") {
  Job job;
  const Database database{"realtime-de-db", "about \"it\"\n", "s3://b/", {{"k", "v"}}};
  REQUIRE(job.catalog.put(database));
  Table table = table_of<Row>({.name = "stockmarket_project",
                               .location = "s3://b/p/",
                               .partition_keys = {"dt", "été"},
                               .compression = Compression::gzip,
                               .description = "rows"})
                    .value();
  table.columns[0].comment = "it's";
  table.columns[1].key = "Count (n)";
  table.partitions = {{{"1", "x/y\\"}, "s3://b/p/1/"}, {{"2", "\n"}, "s3://b/p/2/", {{"a", "b"}}}};
  REQUIRE(job.catalog.put("realtime-de-db", table));
  job.sim.crash();
  const Catalog again = Catalog::open(job.sim.env(), "/catalog").value();
  CHECK(again.database("realtime-de-db").value() == database);
  CHECK(again.databases().value() == std::vector<Database>{database});
  CHECK(again.table("realtime-de-db", "stockmarket_project").value() == table);
  CHECK(again.tables("realtime-de-db").value() == std::vector<Table>{table});
  CHECK(again.tables("other").value().empty());
  REQUIRE(job.catalog.remove("realtime-de-db", "stockmarket_project"));
  CHECK(again.tables("realtime-de-db").value().empty());
  CHECK(job.catalog.remove("realtime-de-db", "stockmarket_project"));
}

TEST_CASE("what is not there or can't be is refused") {
  Job job;
  const Table table = table_of<Row>({.name = "t", .location = "s3://b/"}).value();
  CHECK(error_of(job.catalog.database("x")).message() ==
        "catalog /catalog: there is no database \"x\"");
  CHECK(error_of(job.catalog.put("db", table)).code() == Errc::not_found);
  REQUIRE(job.catalog.put(Database{.name = "db"}));
  CHECK(error_of(job.catalog.table("db", "../t")).message() ==
        "catalog /catalog: there is no table \"db.../t\"");
  Table bad = table;
  bad.columns[0].name = "A";
  CHECK(error_of(job.catalog.put("db", bad)).code() == Errc::invalid_input);
  CHECK(error_of(job.catalog.put(Database{.name = "a/b"})).code() == Errc::invalid_input);
}

TEST_CASE("a file that is no table is named, with what is wrong in it") {
  Job job;
  REQUIRE(job.catalog.put(Database{.name = "db"}));
  store::Directory files = store::Directory::open(job.sim.env(), "/catalog").value();
  const auto reason = [&](std::string_view bytes) {
    REQUIRE(files.put("tables/db/t.json", bytes));
    const Error error = error_of(job.catalog.table("db", "t"));
    CHECK(error.code() == Errc::corrupted);
    CHECK(error.message().starts_with("catalog /catalog: tables/db/t.json: "));
    CHECK(error_of(job.catalog.tables("db")) == error);
    return error.message().substr(36);
  };
  CHECK(reason("") == "json: line 1, column 1: expected a value, saw the end");
  CHECK(reason("{}") == "TableInput is missing or no object");
  CHECK(reason(R"({"TableInput":{"Name":1}})") == "Name is missing or no text");
  CHECK(reason(R"({"TableInput":{"Name":"t"}})") == "StorageDescriptor is missing or no object");
  const std::string start =
      R"({"TableInput":{"Name":"t","PartitionKeys":[],"StorageDescriptor":{)"
      R"("Location":"s3://b/","InputFormat":"i","OutputFormat":"o","SerdeInfo":)"
      R"({"SerializationLibrary":"s","Parameters":)";
  CHECK(reason(start + "7}}}}") == "SerdeInfo.Parameters is missing or no object");
  CHECK(reason(start + R"({"a":1}}}}})") == "SerdeInfo.Parameters.a is missing or no text");
  CHECK(reason(start + "{}}}}}") == "Columns is missing or no array");
  const std::string columns = start + R"({}},"Columns":[{"Name":"a","Type":"int; DROP"}]}})";
  CHECK(reason(columns + "}") == "Partitions is missing or no array");
  CHECK(reason(columns + R"(,"Partitions":[]})") ==
        "table \"t\": column \"a\": type \"int; DROP\", column 4: expected the end");
  CHECK(reason(columns + R"(,"Partitions":[{"Values":[1]}]})") ==
        "a partition's value is missing or no text");
  REQUIRE(files.put("databases/x.json", R"({"Name":"X"})"));
  CHECK(error_of(job.catalog.database("x")).code() == Errc::corrupted);
  CHECK(error_of(job.catalog.databases()).code() == Errc::corrupted);
}

TEST_CASE("a crawl after added columns adds these only, and one without changes writes nothing") {
  Job job;
  job.put("t/2025/01/a.json", "{\"a\":1,\"B\":\"x\",\"c\":2}\n");
  auto changes = job.crawl();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == Kind::added);
  CHECK(changes[0].columns_added.size() == 3);
  CHECK(changes[0].partitions_added == 1);
  job.put("t/2025/02/a.json", "{\"a\":\"now a text\",\"b\":1,\"new\":true}\n");
  changes = job.crawl();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == Kind::updated);
  CHECK(changes[0].columns_added == std::vector<std::string>{"new"});
  CHECK(columns_of(job.table("t")) == "a int;b string;c int;new boolean;");
  store::Directory files = store::Directory::open(job.sim.env(), "/catalog").value();
  const Timestamp written = files.head("tables/db/t.json")->modified;
  job.sim.run_for(std::chrono::hours(1));
  changes = job.crawl();
  CHECK(changes[0].kind == Kind::unchanged);
  CHECK(files.head("tables/db/t.json")->modified == written);
}

TEST_CASE("deleted data deprecate partitions and tables, and columns stay") {
  Job job;
  for (const char* key : {"t/d=1/a.json", "t/d=2/a.json", "u/d=1/a.json"})
    job.put(key, "{\"a\":1,\"b\":2}\n");
  job.crawl();
  REQUIRE(job.lake.remove("t/d=1/a.json"));
  REQUIRE(job.lake.remove("u/d=1/a.json"));
  const auto changes = job.crawl();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].partitions_gone == 1);
  CHECK(changes[1].kind == Kind::deprecated);
  CHECK(job.table("t").partitions[0].parameters.contains("DEPRECATED_BY_CRAWLER"));
  CHECK(job.table("u").parameters.contains("DEPRECATED_BY_CRAWLER"));
  CHECK(columns_of(job.table("u")) == "a int;b int;");
  CHECK(job.crawl().size() == 1);
  job.put("u/d=1/b.json", "{\"a\":1}\n");
  CHECK(job.crawl()[1].kind == Kind::restored);
  CHECK_FALSE(job.table("u").parameters.contains("DEPRECATED_BY_CRAWLER"));
  REQUIRE(job.lake.remove("u/d=1/b.json"));
  CHECK(job.crawl({}, {.deleted = DeletedData::remove})[1].kind == Kind::removed);
  CHECK(error_of(job.catalog.table("db", "u")).code() == Errc::not_found);
}

TEST_CASE("objects that can't be read any more are no deleted data") {
  Job job;
  job.put("t/d=1/a.json", "{\"a\":1}\n");
  job.put("t/d=2/a.json", "{\"a\":1}\n");
  job.crawl();
  job.put("t/d=2/a.json", "rubbish");
  CHECK(job.crawl()[0].kind == Kind::unchanged);
  job.put("t/d=1/a.json", "rubbish");
  CHECK(job.crawl().empty());
}

TEST_CASE("a crawl of a part leaves the rest alone") {
  Job job;
  job.put("t/d=1/a.json", "{\"a\":1}\n");
  job.put("t/d=2/a.json", "{\"a\":1}\n");
  job.put("u/d=1/a.json", "{\"a\":1}\n");
  job.crawl();
  REQUIRE(job.lake.remove("t/d=1/a.json"));
  REQUIRE(job.lake.remove("u/d=1/a.json"));
  const auto changes = job.crawl("t/d=2/");
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == Kind::unchanged);
}

TEST_CASE("a registered table is updated by crawls and keeps what was described") {
  Job job;
  REQUIRE(job.catalog.put(Database{.name = "db"}));
  REQUIRE(job.catalog.put(
      "db",
      table_of<Row>({.name = "rows", .location = "s3://b/t/", .partition_keys = {"year", "month"}})
          .value()));
  job.put("t/2025/01/a.json", "{\"id\":\"x\",\"count\":1,\"more\":1}\n");
  const auto changes = job.crawl();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].table == "rows");
  CHECK(columns_of(job.table("rows")) == "id string;count bigint;more int;");
  CHECK(job.table("rows").partitions[0].values == std::vector<std::string>{"2025", "01"});
}

TEST_CASE("a disk that fails leaves the table as it was") {
  Job job;
  job.put("t/d=1/a.json", "{\"a\":1}\n");
  job.crawl();
  const Table before = job.table("t");
  job.put("t/d=2/a.json", "{\"a\":1,\"b\":1}\n");
  const Crawl found =
      catalog::crawl(job.lake, {.location = "s3://b/"}, job.catalog.tables("db").value()).value();
  for (const sim::FileFault fault :
       {sim::FileFault::out_of_space, sim::FileFault::io, sim::FileFault::partial}) {
    job.sim.disk().inject({.call = sim::FileCall::write, .fault = fault, .at_call = 1});
    const Error error = error_of(job.catalog.record("db", found));
    CHECK((error.code() == Errc::out_of_space || error.code() == Errc::io));
    CHECK(job.table("t") == before);
  }
  CHECK(job.catalog.record("db", found).value()[0].columns_added.size() == 1);
}

TEST_CASE("ten thousand partitions are crawled, kept, read and crawled again") {
  Job job;
  for (int hour = 0; hour < 10'000; ++hour) {
    std::string number = std::to_string(10'000 + hour);
    job.put("t/day=" + number.substr(0, 3) + "/hour=" + number.substr(3) + "/a.json",
            "{\"a\":1}\n");
  }
  const auto changes = job.crawl();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].partitions_added == 10'000);
  CHECK(job.table("t").partitions.size() == 10'000);
  CHECK(job.crawl()[0].kind == Kind::unchanged);
}
