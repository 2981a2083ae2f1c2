// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/sink.hpp"

#include <deque>

#include "driver.hpp"
#include "index_fixture.hpp"
#include "millrace/core/message.hpp"
#include "millrace/index/definition.hpp"

using namespace millrace;
using namespace millrace::index;
using Catch::Matchers::Contains;

namespace {

struct Row {
  std::string id;
  std::string job;
  double balance = 0;
};
constexpr auto describe(type<Row>) {
  return fields("Id", &Row::id, "Job", &Row::job, "Balance", &Row::balance);
}

std::string id_of(const Row& row) { return row.id; }
std::string key_of(const Message& message) { return std::string(message.key.view()); }

Batch<Row> rows(const std::vector<Row>& values) {
  Batch<Row> batch(16);
  for (const Row& row : values) batch.push_back(row, Timestamp{});
  return batch;
}
Batch<Message> messages(const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  Batch<Message> batch(16);
  for (const auto& [key, data] : values)
    batch.push_back(Message{.data = Text(data), .key = Text(key)}, Timestamp{});
  return batch;
}

// Answers with statuses that the test has set, and keeps what it was sent.
struct Cluster {
  struct State {
    std::deque<std::vector<int>> statuses;
    std::vector<std::string> sent;
    bool short_answer = false;
  };
  std::shared_ptr<State> state = std::make_shared<State>();

  Task<BulkResult> bulk(std::span<const Action> actions, Context&) {
    BulkResult result;
    std::string ids;
    for (std::size_t i = 0; i < actions.size(); ++i) {
      Item item;
      item.id = actions[i].id;
      item.status = state->statuses.empty() ? 201 : state->statuses.front().at(i);
      if (item.status >= 300) item.error = ItemError{"type", "reason"};
      result.items.push_back(item);
      ids += item.id;
    }
    if (!state->statuses.empty()) state->statuses.pop_front();
    if (state->short_answer) result.items.clear();
    state->sent.push_back(ids);
    co_return result;
  }
  Task<> create_if_absent(std::string_view index, std::string_view, Context&) {
    state->sent.push_back("create " + std::string(index));
    co_return;
  }
  Task<> flush(Context&) { co_return; }
};

}  // namespace

TEST_CASE("Described structs become documents, and a replay writes none twice") {
  Driver driver;
  Store store = Store::open(driver.sim.env(), "/data").value();
  for (int life = 0; life < 2; ++life) {
    Sink<Row> sink(store, {.index = "index1", .id = id_of, .definition = definition_of<Row>()});
    driver.run(sink.write(rows({{"1", "admin.", 2343}, {"2", "services", 1.5}}), driver.cx));
    driver.run(sink.flush(driver.cx));
    CHECK(sink.counts()->written == 2);
  }
  CHECK(store.count("index1").value() == 2);
  CHECK(store.get("index1", "1").value()->source == R"({"Id":"1","Job":"admin.","Balance":2343})");
  CHECK_THAT(store.mapping("index1").value(), Contains(R"("Job":{"type":"keyword"})"));
}

TEST_CASE("A refused document is a dead letter with its original bytes, the others are written") {
  Driver driver;
  Store store = Store::open(driver.sim.env(), "/data").value();
  std::vector<DeadLetter> letters;
  Sink<Message> sink(store, {.index = "i", .id = key_of, .dead_letters = [&](const DeadLetter& l) {
                               letters.push_back(l);
                             }});
  driver.run(sink.write(messages({{"1", R"({"n":1})"},
                                  {"2", R"({"n": "x"})"},
                                  {"3", "{\"n\":\xff"},
                                  {"", R"({"n":4})"},
                                  {"5", R"({"n":5})"}}),
                        driver.cx));
  driver.run(sink.flush(driver.cx));
  CHECK(store.count("i").value() == 2);
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].reason == "the id is empty");
  CHECK(letters[1].step == "step");
  CHECK(letters[1].bytes == R"({"n": "x"})");
  CHECK_THAT(letters[1].reason,
             Contains("document 2 of i: 400 mapper_parsing_exception: failed to parse field [n]"));
  CHECK(letters[2].bytes == "{\"n\":\xff");
  CHECK(sink.counts()->refused == 3);

  Sink<Row> typed(store, {.index = "i", .id = id_of, .dead_letters = [&](const DeadLetter& l) {
                            letters.push_back(l);
                          }});
  driver.run(typed.write(rows({{"9", "x", std::numeric_limits<double>::infinity()}}), driver.cx));
  CHECK_THAT(letters.back().reason, Contains("infinity can't be written"));
  CHECK(letters.back().bytes == R"({"Id":"9","Job":"x","Balance":null})");
}

TEST_CASE("Without a place for dead letters a refusal fails the sink; skip counts it") {
  Driver driver;
  Store store = Store::open(driver.sim.env(), "/data").value();
  const auto bad = messages({{"1", "no json"}});
  Sink<Message> strict(store, {.index = "i", .id = key_of});
  driver.run(strict.write(bad, driver.cx));
  CHECK_THAT(driver.failure(strict.flush(driver.cx)), Contains("index sink: document 1 of i: 400"));
  Sink<Message> skipping(store, {.index = "i", .id = key_of, .on_error = OnError::skip});
  driver.run(skipping.write(bad, driver.cx));
  driver.run(skipping.flush(driver.cx));
  CHECK(skipping.counts()->refused == 1);
  CHECK_THROWS_WITH(Sink<Message>(store, {.index = "i"}), Contains("SinkOptions::id is not set"));
}

TEST_CASE("External versions let an older record change nothing") {
  Driver driver;
  Store store = Store::open(driver.sim.env(), "/data").value();
  Sink<Row> sink(store, {.index = "i", .id = id_of, .version = [](const Row& row) {
                           return static_cast<std::uint64_t>(row.balance);
                         }});
  driver.run(sink.write(rows({{"1", "new", 9}, {"1", "old", 8}, {"1", "same", 9}}), driver.cx));
  driver.run(sink.flush(driver.cx));
  CHECK(sink.counts()->duplicates == 2);
  CHECK(store.get("i", "1").value()->source == R"({"Id":"1","Job":"new","Balance":9})");
}

TEST_CASE("The index goes by record and time, and each is made once") {
  Driver driver;
  Cluster cluster;
  DocumentSink<Row, Cluster> sink(
      cluster, {.id = id_of,
                .index_of = [](const Row& row, Timestamp) { return "i-" + row.job; },
                .definition = "{}",
                .batch_documents = 2});
  driver.run(sink.write(rows({{"a", "x", 0}, {"b", "y", 0}, {"c", "x", 0}}), driver.cx));
  CHECK(cluster.state->sent == std::vector<std::string>{"create i-x", "create i-y", "ab"});
  driver.run(sink.tick(driver.cx));
  CHECK(cluster.state->sent.size() == 3);
  driver.sim.run_for(std::chrono::seconds(2));
  driver.run(sink.tick(driver.cx));
  CHECK(cluster.state->sent.back() == "c");
}

TEST_CASE(
    "Items that a busy target puts off are sent again alone, and in the end are dead letters") {
  Driver driver;
  Cluster cluster;
  std::vector<std::string> letters;
  DocumentSink<Row, Cluster> sink(
      cluster, {.id = id_of,
                .retry_for = std::chrono::seconds(10),
                .dead_letters = [&](const DeadLetter& l) { letters.push_back(l.reason); }});
  const auto three = rows({{"a", "x", 0}, {"b", "y", 0}, {"c", "z", 0}});
  cluster.state->statuses = {{201, 429, 400}, {503}, {201}};
  driver.run(sink.write(three, driver.cx));
  driver.run(sink.flush(driver.cx));
  CHECK(cluster.state->sent == std::vector<std::string>{"abc", "b", "b"});
  CHECK(sink.counts()->written == 2);
  CHECK(letters == std::vector<std::string>{"document c of : 400 type: reason"});
  cluster.state->statuses = {{201, 429, 201}, {429}, {429}, {429}, {429}};
  driver.run(sink.write(three, driver.cx));
  driver.run(sink.flush(driver.cx));
  CHECK(letters.back() == "document b of : 429 type: reason");
  cluster.state->short_answer = true;
  driver.run(sink.write(three, driver.cx));
  CHECK_THAT(driver.failure(sink.flush(driver.cx)), Contains("3 documents were sent"));
}
