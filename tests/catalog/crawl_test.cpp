// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/crawl.hpp"

#include "../store/hostile_keys.hpp"
#include "catch.hpp"
#include "gzip.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/store/directory.hpp"

using namespace millrace;
using namespace millrace::catalog;

namespace {

struct Lake {
  sim::Env sim;
  store::Directory store = store::Directory::open(sim.env(), "/lake").value();

  void put(const std::string& key, std::string_view bytes) { REQUIRE(store.put(key, bytes)); }
  Crawl crawl(CrawlOptions options = {.location = "s3://b/"}, std::span<const Table> known = {}) {
    return catalog::crawl(store, options, known).value();
  }
};

std::string names(const std::vector<Column>& columns) {
  std::string out;
  for (const Column& column : columns) out += column.name + " ";
  return out;
}

std::string table_names(const Crawl& crawl) {
  std::string out;
  for (const FoundTable& found : crawl.tables) out += found.table.name + " ";
  return out;
}

std::string partitions(const Table& table) {
  std::string out;
  for (const Partition& partition : table.partitions) {
    for (const std::string& value : partition.values) out += value + "/";
    out += " ";
  }
  return out;
}

const std::string bank_rows =
    R"({"Age":"59","Job":"admin.","Marital":"married","Education":"secondary","Default":"no",)"
    R"("Balance":2343,"Housing":"yes","Loan":"no","Contact":"unknown","Days":5,"Month":"may",)"
    R"("Duration":"1042","Campaign":"1","PDays":-1,"Previous":0,"Poutcome":"unknown",)"
    R"("Deposit":"yes"})";

}  // namespace

TEST_CASE("the bank job's delivered objects are one table of 20 columns") {
  Lake lake;
  lake.put("2022/12/24/04/bank-1-2022-12-24-04-53-57-a", bank_rows + "\n" + bank_rows + "\n");
  lake.put("2022/12/24/05/bank-1-2022-12-24-05-01-57-b", bank_rows);
  lake.put("es/processing-failed/2022/12/24/04/x", R"({"rawData":"MTZ8","attemptsMade":4})");
  const Crawl crawl = lake.crawl();
  REQUIRE(table_names(crawl) == "2022 es ");
  const Table& table = crawl.tables[0].table;
  CHECK(names(table.columns) ==
        "age job marital education default balance housing loan contact days month duration "
        "campaign pdays previous poutcome deposit ");
  CHECK(table.columns[0] == Column{"age", "string", "", "Age"});
  CHECK(table.columns[5].type == "int");
  CHECK(names(table.partition_keys) == "partition_0 partition_1 partition_2 ");
  CHECK(table.columns.size() + table.partition_keys.size() == 20);
  CHECK(table.location == "s3://b/2022/");
  CHECK(table.storage.serde == "org.openx.data.jsonserde.JsonSerDe");
  CHECK(table.parameters.at("classification") == "json");
  CHECK_FALSE(table.storage.serde_parameters.contains("case.insensitive"));
  CHECK(partitions(table) == "12/24/04/ 12/24/05/ ");
  CHECK(table.partitions[1].location == "s3://b/2022/12/24/05/");
  CHECK(crawl.tables[0].objects == 2);
  CHECK(crawl.tables[0].records == 3);
  CHECK(names(crawl.tables[1].table.partition_keys) ==
        "partition_0 partition_1 partition_2 partition_3 partition_4 ");
}

TEST_CASE("the folder above the first name=value is the table") {
  Lake lake;
  const std::string root = "company-raw-us-east-1-0-dev/us_accidents/us/accidents/";
  for (const char* day : {"year=2022/month=12/day=24/", "year=2022/month=12/day=25/"})
    lake.put(root + day + "accidents_1.json", R"({"ID":"A-1","Severity":3,"year":1})");
  const Crawl crawl = lake.crawl();
  REQUIRE(table_names(crawl) == "accidents ");
  const Table& table = crawl.tables[0].table;
  CHECK(table.location == "s3://b/" + root);
  CHECK(names(table.partition_keys) == "year month day ");
  CHECK(names(table.columns) == "id severity year_1 ");
  CHECK(partitions(table) == "2022/12/24/ 2022/12/25/ ");
}

TEST_CASE("values of name=value are unescaped; two folders of one value are told") {
  Lake lake;
  lake.put("t/city=New%20York/a.json", R"({"a":1})");
  lake.put("t/city=New York/a.json", R"({"a":1})");
  lake.put("t/city=100%/a.json", R"({"a":1})");
  lake.put("t/city=a=b%zz/a.json", R"({"a":1})");
  const Crawl crawl = lake.crawl();
  CHECK(partitions(crawl.tables[0].table) == "100%/ New York/ a=b%zz/ ");
  CHECK(crawl.skipped == 1);
  CHECK(crawl.examples[0].reason == "its partition has the values of \"t/city=New York/\"");
}

TEST_CASE("objects that lie beside the partitions are skipped with the reason") {
  Lake lake;
  for (const char* key : {"t/day=1/a.json", "t/day=2/a.json", "t/day=3/deeper/a.json"})
    lake.put(key, R"({"a":1})");
  lake.put("t/stray.json", R"({"a":1})");
  lake.put("t/day=4/rows.csv", "a,b\n1,2\n");
  lake.put("t/month=1/a.json", R"({"a":1})");
  const Crawl crawl = lake.crawl();
  REQUIRE(table_names(crawl) == "t ");
  CHECK(partitions(crawl.tables[0].table) == "1/ 2/ 3/ ");
  REQUIRE(crawl.skipped == 3);
  CHECK(crawl.examples[0].reason == "it lies above the folders of the table's 1 partition keys");
  CHECK(crawl.examples[1].reason == "the table's other objects are json, this one is csv");
  CHECK(crawl.examples[2].reason == "its path has \"month=1\" where day= is expected");
}

TEST_CASE("folders of other schemas are other tables; of similar ones they are partitions") {
  Lake lake;
  lake.put("raw/orders/1.json", R"({"id":1,"name":"x","qty":1})");
  lake.put("raw/customers/1.json", R"({"id":1,"name":"x"})");
  lake.put("log/a/1.json", R"({"id":1,"name":"x","more":1,"yet":2})");
  lake.put("log/b/1.json", R"({"id":1,"name":"x","more":1})");
  const Crawl crawl = lake.crawl();
  CHECK(table_names(crawl) == "log customers orders ");
  CHECK(partitions(crawl.tables[0].table) == "a/ b/ ");
  CHECK(names(crawl.tables[0].table.columns) == "id name more yet ");
}

TEST_CASE("objects of several schemas in one folder are a table each") {
  Lake lake;
  lake.put("mix/a.json", R"({"a":1,"b":2})");
  lake.put("mix/b.json", R"({"x":"y"})");
  lake.put("mix/c.csv", "k,l\n1,2\n");
  const Crawl crawl = lake.crawl();
  CHECK(table_names(crawl) == "a_json b_json c_csv ");
  CHECK(crawl.tables[2].table.location == "s3://b/mix/c.csv");
  CHECK(names(crawl.tables[2].table.columns) == "k l ");
  CHECK(crawl.tables[0].objects == 1);
  const Result<Crawl> many = catalog::crawl(lake.store, {.location = "s3://b/", .max_tables = 2});
  REQUIRE(!many);
  CHECK(many.error().code() == Errc::limit_exceeded);
  CHECK(many.error().message() ==
        "crawl of s3://b/: 3 tables, the limit is 2; say at which level of the path the tables "
        "are, or raise the limit");
}

TEST_CASE("objects beside folders of other tables are a table, with a note") {
  Lake lake;
  lake.put("p/a.json", R"({"a":1})");
  lake.put("p/sub/b.json", R"({"x":1,"y":2})");
  const Crawl crawl = lake.crawl();
  REQUIRE(table_names(crawl) == "p sub ");
  CHECK(crawl.tables[0].notes.front().find("folders of other tables lie in its folder") == 0);
}

TEST_CASE("a prefix that ends in a slash may be the table itself; the store's root has its name") {
  Lake lake;
  lake.put("data/x/1.json", R"({"a":1})");
  lake.put("data/y/1.json", R"({"a":1})");
  const Crawl in = lake.crawl({.location = "s3://b/", .prefix = "data/"});
  CHECK(table_names(in) == "data ");
  CHECK(in.location == "s3://b/data/");
  lake.put("top.json", R"({"a":1})");
  CHECK(table_names(lake.crawl()) == "b data ");
}

TEST_CASE("the level of the tables can be said, and a prefix for their names") {
  Lake lake;
  lake.put("raw/a/x.json", R"({"a":1})");
  lake.put("raw/b/c/y.json", R"({"zz":1})");
  CHECK(table_names(lake.crawl({.location = "s3://b/", .table_level = 2})) == "a b ");
  const Crawl one = lake.crawl({.location = "s3://b/", .table_level = 1, .table_prefix = "My-"});
  REQUIRE(table_names(one) == "my_raw ");
  CHECK(one.tables[0].notes ==
        std::vector<std::string>{"its objects have different schemas; it has all their columns"});
  CHECK(partitions(one.tables[0].table) == "a/ b/ ");
}

TEST_CASE("tables of one name get numbers, also beside known ones") {
  Lake lake;
  for (const char* key : {"x/t/k=1/a.json", "y/t/k=1/a.json", "z/t/k=1/a.json"})
    lake.put(key, R"({"a":1})");
  CHECK(table_names(lake.crawl()) == "t t_1 t_2 ");
  const std::vector<Table> known = {{.name = "t", .location = "s3://b/z/t/"},
                                    {.name = "t_1", .location = "s3://other/"}};
  const Crawl crawl = lake.crawl({.location = "s3://b/"}, known);
  CHECK(table_names(crawl) == "t_2 t_3 t ");
}

TEST_CASE("a known table keeps its folder and partition keys, whatever the schemas") {
  Lake lake;
  lake.put("p/2022/a.json", R"({"a":1})");
  lake.put("p/2023/a.json", R"({"z":"q"})");
  const Table known{.name = "mine",
                    .partition_keys = {{.name = "year"}},
                    .location = "s3://b/p/",
                    .parameters = {{"classification", "json"}}};
  const Crawl crawl = lake.crawl({.location = "s3://b/"}, {&known, 1});
  REQUIRE(table_names(crawl) == "mine ");
  CHECK(names(crawl.tables[0].table.partition_keys) == "year ");
  CHECK(partitions(crawl.tables[0].table) == "2022/ 2023/ ");
}

TEST_CASE("hidden, empty, broken and foreign objects are counted") {
  Lake lake;
  lake.put("t/a.json.gz", gzip(R"({"a":1})"));
  lake.put("t/broken.json.gz", gzip(R"({"a":1})").substr(0, 12));
  lake.put("t/empty.json", "");
  lake.put("t/blank.json", "\n");
  lake.put("t/_SUCCESS", "");
  lake.put("t/.part.crc", "crc");
  lake.put("t/_spark_metadata/0", "v1");
  lake.put("t/folder/", "");
  lake.put("t/readme.txt", "Some words.\nMore of them, here.\n");
  const Crawl crawl = lake.crawl();
  CHECK(crawl.objects == 9);
  CHECK(crawl.hidden == 4);
  CHECK(crawl.empty == 2);
  CHECK(crawl.skipped == 2);
  CHECK(crawl.unread == std::set<std::string>{"s3://b/t/"});
  REQUIRE(table_names(crawl) == "t ");
  CHECK(crawl.tables[0].objects == 1);
  CHECK(crawl.tables[0].table.storage.compression == Compression::gzip);
  CHECK(crawl.tables[0].table.parameters.at("compressionType") == "gzip");
  lake.put("u/a.json", gzip(R"({"a":1})"));
  CHECK(lake.crawl().tables[1].notes.front().find("do not end in .gz") != std::string::npos);
}

TEST_CASE("a store without objects gives no tables") {
  Lake lake;
  const Crawl crawl = lake.crawl();
  CHECK(crawl.tables.empty());
  CHECK(crawl.objects == 0);
}

TEST_CASE("hostile keys become tables that pass every check, or are skipped") {
  Lake lake;
  std::size_t stored = 0;
  for (const std::string& key : hostile_keys())
    if (lake.store.put(key, R"({"a":1})")) ++stored;
  for (const std::string& key : hostile_keys())
    if (lake.store.put("t/k=" + key + "/x.json", R"({"a":1})")) ++stored;
  REQUIRE(stored > 150);
  const Crawl crawl = lake.crawl();
  CHECK(crawl.objects == stored);
  std::uint64_t in_tables = 0;
  for (const FoundTable& found : crawl.tables) {
    INFO(found.table.name);
    CHECK(check(found.table));
    CHECK(found.table.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
          std::string::npos);
    in_tables += found.objects;
  }
  CHECK(in_tables + crawl.hidden + crawl.skipped == stored);
  CHECK(crawl.skipped > 0);
}

TEST_CASE("options that can't be are refused") {
  Lake lake;
  const auto refused = [&](const CrawlOptions& options) {
    const Result<Crawl> crawl = catalog::crawl(lake.store, options);
    REQUIRE(!crawl);
    CHECK(crawl.error().code() == Errc::invalid_input);
    return crawl.error().message();
  };
  CHECK(refused({.location = "s3://b"}) ==
        "crawl: the location \"s3://b\" does not end in '/'; say where the store's keys lie, such "
        "as s3://bucket/");
  CHECK(refused({.location = "s3://b/", .examine = {.delimiter = '"'}})
            .find("can't be a delimiter") != std::string::npos);
  CHECK(refused({.location = "s3://b/", .similarity = 2}) ==
        "crawl: similarity is not between 0 and 1");
  CHECK(refused({.location = "s3://b/", .examine = {.sample = {0}}}) ==
        "crawl: a sample of 0 bytes shows nothing");
}

TEST_CASE("a disk that fails ends the crawl with its error") {
  Lake lake;
  lake.put("t/a.json", R"({"a":1})");
  lake.sim.disk().inject({.call = sim::FileCall::read, .at_call = 1});
  const Result<Crawl> crawl = catalog::crawl(lake.store, {.location = "s3://b/"});
  REQUIRE(!crawl);
  CHECK(crawl.error().code() == Errc::io);
}
