// SPDX-License-Identifier: BSL-1.0
#include "bank/pipeline.hpp"

#include <chrono>
#include <map>
#include <set>

#include "bank/fields.hpp"
#include "bank/lake.hpp"
#include "bank/results.hpp"
#include "catch.hpp"
#include "millrace/log/hash_key.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/testing/bench.hpp"

using namespace bank;
using namespace millrace;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> rows{
    "59|admin.|married|secondary|no|2343|yes|no|unknown|5|may|1042|1|-1|0|unknown|yes",
    "56|admin.|married|secondary|no|45|no|no|unknown|5|may|1467|1|-1|0|unknown|yes",
    "41|technician|married|tertiary|no|-1270|yes|no|unknown|5|jun|1389|1|-1|0|unknown|no"};

constexpr std::string_view first_document =
    R"({"Age":"59","Job":"admin.","Marital":"married","Education":"secondary","Default":"no",)"
    R"("Balance":2343,"Housing":"yes","Loan":"no","Contact":"unknown","Days":5,"Month":"may",)"
    R"("Duration":"1042","Campaign":"1","PDays":-1,"Previous":0,"Poutcome":"unknown",)"
    R"("Deposit":"yes"})";

/// The rows, one a second.
struct Feed {
  using value_type = Message;
  std::vector<std::string> rows;
  std::size_t next = 0;
  void resume(const Position& p) { next = std::stoul(p.token); }
  Position position() const { return {std::to_string(next)}; }
  Task<ReadStatus> read(Batch<Message>& out, Context& cx) {
    if (next == rows.size()) co_return ReadStatus::end;
    const bool slept = co_await cx.sleep_for(1s);
    if (slept) out.push_back({rows[next++]}, cx.env().clock.wall());
    co_return ReadStatus::more;
  }
};

/// An index that never has time.
struct Busy {
  Task<Result<std::vector<firehose::RefusedRecord>>> deliver(const firehose::RecordBatch& batch,
                                                             Context&) {
    std::vector<firehose::RefusedRecord> refused;
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      refused.push_back({.index = i, .again = firehose::Again::yes, .code = "429"});
    co_return refused;
  }
};

/// The two deliveries in a simulated process, on virtual time.
struct Consumer {
  Consumer() { config.dir = "/bank"; }

  /// One run, from the rows' beginning to their end.
  void run(std::vector<std::string> input) {
    start(std::move(input));
    finish();
  }
  void start(std::vector<std::string> input, std::optional<Destination> index = {}) {
    Topology t("consumer");
    counts = deliver(t.source("rows", Feed{std::move(input)}), index.value_or(documents_of(places)),
                     places.backup, places.lake);
    pipeline.emplace(std::move(t));
    sim.env().scheduler.spawn(sim.env().scheduler.make_strand(), execute());
  }
  void finish() {
    CHECK(sim.run() == sim::Ended::all_done);
    INFO(error);
    CHECK(error.empty());
  }
  Task<> execute() {
    try {
      (void)co_await pipeline->execute(sim.env(), strand);
    } catch (const std::exception& thrown) {
      error = thrown.what();
    }
  }
  std::vector<std::string> keys(const store::Directory& store) const {
    std::vector<std::string> all;
    const store::ListPage page = store.list().value();
    for (const auto& object : page.objects) all.push_back(object.key);
    return all;
  }
  std::string number(std::string_view name) {
    const Results results = read_results(sim.env(), config, places).value();
    for (const auto& [what, value] : results.numbers)
      if (what == name) return std::to_string(value);
    return "none";
  }

  sim::Env sim;
  std::shared_ptr<Strand> strand = sim.env().scheduler.make_strand();
  Config config;
  Destinations places = open_destinations(sim.env(), [] {
    Config c;
    c.dir = "/bank";
    return c;
  }());
  std::optional<Pipeline> pipeline;
  Deliveries counts;
  std::string error;
};

std::multiset<std::string> raws(const std::vector<Failed>& failed) {
  std::multiset<std::string> all;
  for (const Failed& f : failed) all.insert(f.raw);
  return all;
}

}  // namespace

TEST_CASE("a row of CSV becomes one with pipes, whatever its number of fields") {
  testing::Bench<csv::Row, std::string> bench{[](Stream<csv::Row> in) {
    return piped_rows(in).map("text", [](const Message& m) { return m.data.str(); });
  }};
  for (const char* row : {"59,admin.,yes", "1,\"a, \"\"b\"\"\",", "x"}) bench.push({{}, row});
  bench.push({{}, "1,\"open"});
  CHECK(bench.take() == std::vector<std::string>{"59|admin.|yes", "1|a, \"b\"|", "x"});
  const auto letters = bench.take_dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].bytes == "1,\"open");
}

TEST_CASE("partition keys spread rows evenly over the shards, and are the same for the same row") {
  testing::Bench<csv::Row, std::string> bench{[](Stream<csv::Row> in) {
    return piped_rows(in).map("key", [](const Message& m) { return m.key.str(); });
  }};
  std::vector<std::string> texts;
  for (int i = 0; i < 4000; ++i) texts.push_back(std::to_string(i) + ",admin.");
  texts.push_back(texts[0]);
  for (const std::string& text : texts) bench.push({{}, text});
  const std::vector<std::string> keys = bench.take();
  REQUIRE(keys.size() == 4001);
  CHECK(keys.front() == keys.back());
  std::map<std::uint32_t, int> shards;
  for (const std::string& key : keys) ++shards[log::shard_of(log::hash_of(key).value(), 4)];
  for (const auto& [shard, count] : shards) CHECK(std::abs(count - 1000) < 150);
  CHECK(shards.size() == 4);
}

TEST_CASE("a row becomes a document of 17 keys in their order, in index and lake") {
  Consumer c;
  c.run(rows);
  const auto documents = c.places.index.documents(index_name).value();
  REQUIRE(documents.size() == 3);
  std::set<std::string> sources;
  for (const auto& document : documents) sources.insert(document.source);
  CHECK(sources.contains(std::string(first_document)));
  const auto keys = c.keys(c.places.lake);
  REQUIRE(keys.size() == 1);
  const std::string body = c.places.lake.get(keys[0]).value();
  CHECK(body.substr(0, body.find('\n')) == first_document);
  CHECK(std::count(body.begin(), body.end(), '\n') == 3);
  CHECK(c.keys(c.places.backup).empty());
}

TEST_CASE("what can't be split or counted fails with its bytes, and the rest goes on") {
  const std::string sixteen = rows[0].substr(0, rows[0].rfind('|'));
  const std::vector<std::string> bad{
      sixteen,
      rows[0] + "|more",
      "59|admin.|married|secondary|no|NaN|yes|no|unknown|5|may|1042|1|-1|0|unknown|yes",
      "59|admin.|married|secondary|no|1.5|yes|no|unknown|5|may|1042|1|-1|0|unknown|yes",
      "59|admin.|married|secondary|no|1|yes|no|unknown||may|1042|1|-1|0|unknown|yes",
      "59|adm\xff.|married|secondary|no|1|yes|no|unknown|5|may|1042|1|-1|0|unknown|yes",
      "no row at all",
      std::string(1'024'001, 'x')};
  std::vector<std::string> all = rows;
  all.insert(all.begin() + 1, bad.begin(), bad.end());
  Consumer c;
  c.run(all);
  CHECK(c.places.index.count(index_name).value() == 3);
  CHECK(c.number("records in the lake") == "3");
  const auto backup = c.keys(c.places.backup);
  REQUIRE_FALSE(backup.empty());
  for (const std::string& key : backup) CHECK(key.starts_with("es/processing-failed/"));
  const std::multiset<std::string> wanted(bad.begin(), bad.end());
  CHECK(raws(failed_records(c.places.backup, "es/").value()) == wanted);
  CHECK(raws(failed_records(c.places.lake, "processing-failed/").value()) == wanted);
  CHECK(c.counts.index->failed_records.get() == bad.size());
  CHECK(c.counts.lake->failed_records.get() == bad.size());
}

TEST_CASE("buffers wait 300 s; the end of input does not") {
  Consumer c;
  c.start(std::vector<std::string>(400, rows[0]));
  c.sim.run_for(300s);
  CHECK(c.keys(c.places.lake).empty());
  c.sim.run_for(70s);  // the transform's 60 s come first
  CHECK(c.keys(c.places.lake).size() == 1);
  const MonotonicTime before = c.sim.env().clock.monotonic();
  c.finish();
  CHECK(c.sim.env().clock.monotonic() - before < 35s);
  CHECK(c.number("records in the lake") == "400");
  CHECK(c.number("documents in index1") == "1");
}

TEST_CASE("rows that come twice are in the index once") {
  Consumer c;
  c.run(rows);
  c.run(rows);
  CHECK(c.number("documents in index1") == "3");
  CHECK(c.number("records in the lake") == "6");
}

TEST_CASE("an index that is busy for 300 s hands its documents to the backup; the lake goes on") {
  Consumer c;
  c.start(rows, Destination(Busy{}));
  c.finish();
  const auto failed = failed_records(c.places.backup, "es/").value();
  REQUIRE(failed.size() == 3);
  for (const Failed& f : failed) {
    CHECK(f.key.starts_with("es/AmazonOpenSearchService-failed/"));
    CHECK(f.code == "429");
  }
  CHECK(c.number("records in the lake") == "3");
}

TEST_CASE("the crawl makes the catalog's table: 20 columns, the partitions and the SerDe") {
  Consumer c;
  c.run(rows);
  auto catalog = catalog::Catalog::open(c.sim.env(), "/bank/catalog").value();
  const auto tables = crawl(catalog, c.places.lake).value();
  REQUIRE(tables.size() == 1);
  const catalog::Table& table = tables[0];
  const auto key = c.keys(c.places.lake).at(0);
  CHECK(table.name == key.substr(0, 4));
  std::string names;
  for (const auto& column : table.columns) names += column.name + ":" + column.type + " ";
  CHECK(names ==
        "age:string job:string marital:string education:string default:string balance:int "
        "housing:string loan:string contact:string days:int month:string duration:string "
        "campaign:string pdays:int previous:int poutcome:string deposit:string ");
  REQUIRE(table.partition_keys.size() == 3);
  CHECK(table.partition_keys[0].name == "partition_0");
  CHECK(table.partition_keys[2].name == "partition_2");
  CHECK(table.storage.serde == "org.openx.data.jsonserde.JsonSerDe");
  CHECK(table.parameters.at("classification") == "json");

  c.places.lake.remove(key).value();
  CHECK(crawl(catalog, c.places.lake).value().empty());
  const auto gone = catalog.table(database, table.name).value();
  CHECK(gone.parameters.contains(std::string(catalog::deprecated_parameter)));
  CHECK(c.number("records in the lake") == "0");
}

TEST_CASE("the query counts and averages by job and deposit") {
  Consumer c;
  c.run(rows);
  auto catalog = catalog::Catalog::open(c.sim.env(), "/bank/catalog").value();
  const auto sums = query(crawl(catalog, c.places.lake).value(), c.places.lake).value();
  REQUIRE(sums.size() == 2);
  CHECK(sums.at({"admin.", "yes"}).count == 2);
  CHECK(sums.at({"admin.", "yes"}).mean() == 1194);
  CHECK(sums.at({"technician", "no"}).mean() == -1270);
}

TEST_CASE("the bank's page stands alone, in light and dark, and says what the terminal says") {
  Consumer c;
  std::string red = rows[2];
  red.replace(red.find("technician"), 10, "\x1b[31mred");
  c.run({rows[0], rows[2], red, "<b>\x1b[31m"});
  const Results results = read_results(c.sim.env(), c.config, c.places).value();
  const std::string html = results_html(results);
  for (const char* outside : {"<script", "http:", "https:", "src=", "@import", "url(", "<link"})
    CHECK(html.find(outside) == html.npos);
  CHECK(html.find("prefers-color-scheme: dark") != html.npos);
  CHECK(html.find("&lt;b&gt;?[31m") != html.npos);
  CHECK(html.find("aria-label=\"Deposits by job, admin. 1, \x1b[31mred 0, technician 0\"") !=
        html.npos);
  CHECK(html.find("aria-label=\"Contacts by month, may 1, jun 2\"") != html.npos);
  const std::string text = results_text(results);
  CHECK(text.find("  tertiary      -1,270.00        2\n") != text.npos);
  CHECK(text.find("  ?[31mred ") != text.npos);
  CHECK(text.find('\x1b') == text.npos);
}

TEST_CASE("without a record panels, query and page are empty") {
  Consumer c;
  c.run({});
  const Results results = read_results(c.sim.env(), c.config, c.places).value();
  CHECK(results_html(results).find("nothing yet") != std::string::npos);
  CHECK(c.number("documents in index1") == "0");
}
