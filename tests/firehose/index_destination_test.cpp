// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/index_destination.hpp"

#include <chrono>
#include <set>

#include "catch.hpp"
#include "delivery_fixture.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using index::Store;

constexpr std::string_view definition =
    R"({"mappings":{"properties":{"Job":{"type":"keyword"},"Balance":{"type":"long"}}}})";

std::string document(int balance) { return R"({"Balance":)" + std::to_string(balance) + "}"; }

DeliveryOptions backed_by(Works& works) {
  return {.backup = {.destination = works.backup, .prefix = "es/"}};
}

std::vector<ErrorLine> refused(Works& works) {
  return error_lines(works.backups().bodies("es/AmazonOpenSearchService-failed/"));
}

// Answers with statuses that the test has set, and keeps the ids that it was sent.
struct Cluster {
  struct State {
    std::deque<std::vector<int>> statuses;
    std::vector<std::vector<std::string>> ids;
    bool short_answer = false;
  };
  std::shared_ptr<State> state = std::make_shared<State>();

  Task<index::BulkResult> bulk(std::span<const index::Action> actions, Context&) {
    index::BulkResult result;
    std::vector<int> statuses(actions.size(), 201);
    if (!state->statuses.empty()) {
      statuses = state->statuses.front();
      state->statuses.pop_front();
    }
    state->ids.emplace_back();
    for (std::size_t i = 0; i < actions.size(); ++i) {
      state->ids.back().emplace_back(actions[i].id);
      result.items.push_back({.index = std::string(actions[i].index),
                              .id = std::string(actions[i].id),
                              .status = statuses.at(i)});
    }
    if (state->short_answer) result.items.pop_back();
    co_return result;
  }
  Task<> create_if_absent(std::string_view, std::string_view, Context&) { co_return; }
  Task<> flush(Context&) { co_return; }
};

}  // namespace

TEST_CASE("a delivery fills the embedded index; what comes again is not there twice") {
  Works works;
  Store store = Store::open(works.sim.env(), "/index").value();
  for (int life = 0; life < 2; ++life) {
    Delivery delivery(IndexDestination(store, {.index = "index1", .definition = "{}"}),
                      backed_by(works));
    works.write(delivery, {document(1), document(2), document(3)});
    works.flush(delivery);
    CHECK(delivery.metrics()->delivered_records.get() == 3);
  }
  CHECK(store.count("index1").value() == 3);
  CHECK(store.get("index1", content_id(document(2))).value()->source == document(2));
  CHECK(works.backups().calls.empty());
}

TEST_CASE("an id of the content is the beginning of its SHA-256") {
  CHECK(content_id("abc") == "ba7816bf8f01cfea414140de5dae2223");
  CHECK(content_id("") == "e3b0c44298fc1c149afbf4c8996fb924");
}

TEST_CASE("a document that the index refuses is in the backup with its bytes, the others are in") {
  Works works;
  Store store = Store::open(works.sim.env(), "/index").value();
  IndexDestination documents(store, {.index = "index1", .definition = std::string(definition)});
  Delivery delivery(documents, backed_by(works));
  const std::string bad = R"({"Balance":"NaN"})";
  works.write(delivery, {document(1), bad, "no json", document(2)});
  works.flush(delivery);
  CHECK(store.count("index1").value() == 2);
  const auto lines = refused(works);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].raw == bad);
  CHECK(lines[0].code == "400");
  CHECK_THAT(lines[0].message, Contains("mapper_parsing_exception: failed to parse field"));
  CHECK(lines[1].raw == "no json");
  const std::string body = works.backups().bodies().at(0);
  CHECK(member(body, "esIndexName") == "index1");
  CHECK(member(body, "esDocumentId") == content_id(bad));
}

TEST_CASE("with a rotation each record goes to the index of its arrival, made as it was defined") {
  Works works;
  Store store = Store::open(works.sim.env(), "/index").value();
  IndexDestination documents(store, {.index = "index1",
                                     .rotation = IndexRotation::one_hour,
                                     .definition = std::string(definition)});
  Delivery delivery(documents, backed_by(works));
  works.write(delivery, {document(1), document(2)});
  works.arrival += 1h;
  works.write(delivery, {document(3)});
  works.flush(delivery);
  CHECK(store.indices().value() ==
        std::vector<std::string>{"index1-2026-07-13-14", "index1-2026-07-13-15"});
  CHECK(store.count("index1-2026-07-13-14").value() == 2);
  CHECK_THAT(store.mapping("index1-2026-07-13-15").value(), Contains(R"("Job")"));
}

TEST_CASE("an id of one's own makes the newer record the document; without one it is refused") {
  Works works;
  Store store = Store::open(works.sim.env(), "/index").value();
  const auto id = [](std::string_view record) {
    if (record == "{}") throw std::runtime_error("there is no Id");
    return member(std::string(record), "Id");
  };
  Delivery delivery(IndexDestination(store, {.index = "index1", .id = id}), backed_by(works));
  const std::string newer = R"({"Id":"a","Balance":2})";
  works.write(delivery, {R"({"Id":"a","Balance":1})", newer, "{}", R"({"Id":""})"});
  works.flush(delivery);
  CHECK(store.count("index1").value() == 1);
  CHECK(store.get("index1", "a").value()->source == newer);
  const auto lines = refused(works);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].raw == "{}");
  CHECK(lines[0].message == "the record's id: there is no Id");
  CHECK(lines[1].message == "the record's id is empty");
}

TEST_CASE("what a busy index puts off is sent again alone, under the same id") {
  Works works;
  Cluster cluster;
  cluster.state->statuses = {{201, 429, 503}, {201, 429}, {201}};
  Delivery delivery(IndexDestination<Cluster>(cluster, {.index = "index1"}), backed_by(works));
  works.write(delivery, {"a", "b", "c"});
  works.flush(delivery);
  REQUIRE(cluster.state->ids.size() == 3);
  CHECK(cluster.state->ids[1] == std::vector<std::string>{content_id("b"), content_id("c")});
  CHECK(cluster.state->ids[2] == std::vector<std::string>{content_id("c")});
  CHECK(works.backups().calls.empty());
  CHECK(delivery.metrics()->delivered_records.get() == 3);
}

TEST_CASE("an answer about another number of documents says nothing of any") {
  Works works;
  Cluster cluster;
  cluster.state->short_answer = true;
  Delivery delivery(IndexDestination<Cluster>(cluster, {.index = "index1"}), backed_by(works));
  works.write(delivery, {"a", "b"});
  works.flush(delivery);
  CHECK(cluster.state->ids.size() > 5);
  const auto lines = refused(works);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].message == "2 documents were sent and the answer is about 1");
}

TEST_CASE("what was delivered survives a power loss, also where the index syncs at intervals") {
  sim::Disk disk(1);
  {
    sim::Env before({}, disk);
    Driver driver(before);
    ObjectStore backup;
    Store store =
        Store::open(before.env(), "/index", {.durability = index::Durability::interval}).value();
    Delivery delivery(IndexDestination(store, {.index = "index1"}),
                      {.backup = {.destination = backup}});
    const std::string text = document(1);
    Batch<Message> batch(1);
    batch.push_back({Text(text)}, Timestamp{});
    driver.run(delivery.write(batch, driver.cx));
    driver.run(delivery.flush(driver.cx));
    disk.crash(7);
  }
  sim::Env after({}, disk);
  CHECK(Store::open(after.env(), "/index").value().count("index1").value() == 1);
}

TEST_CASE("a full disk under the index: its documents are delivered when there is room") {
  Works works;
  Store store = Store::open(works.sim.env(), "/index").value();
  works.sim.disk().set_capacity({works.sim.disk().used().bytes + 10});
  Delivery delivery(IndexDestination(store, {.index = "index1"}), backed_by(works));
  works.write(delivery, {document(1)});
  works.sim.env().scheduler.spawn(works.sim.env().scheduler.make_strand(), [](Works& w) -> Task<> {
    co_await w.cx().sleep_for(60s);
    w.sim.disk().set_capacity(1_GiB);
  }(works));
  works.flush(delivery);
  CHECK(store.count("index1").value() == 1);
  CHECK(delivery.metrics()->delivery_retries.get() > 1);
  CHECK(works.backups().calls.empty());
}

TEST_CASE("on a disk that fails by chance each document is in the index or in an error object") {
  const std::uint64_t seed = GENERATE(range(1, 21));
  INFO("seed " << seed);
  Works works;
  SeededRng rng(seed);
  Store store = Store::open(works.sim.env(), "/index").value();
  REQUIRE(store.create_if_absent("index1").value());
  DeliveryOptions options = backed_by(works);
  options.size = ByteSize{50 + rng.below(400)};
  options.retry.duration = 5s;
  Delivery delivery(IndexDestination(store, {.index = "index1"}), options);
  std::set<std::string> expected, found;
  for (int turn = 0; turn < 15; ++turn) {
    works.sim.disk().heal();
    const sim::FileCall call = rng.below(2) == 0 ? sim::FileCall::write : sim::FileCall::sync;
    const double probability = rng.below(3) == 0 ? 1 : 0.1;
    works.sim.disk().inject(
        {.call = call, .fault = sim::FileFault::io, .probability = probability});
    Strings rows;
    for (std::uint64_t n = rng.below(20); n != 0; --n)
      rows.push_back(document(static_cast<int>(rng.below(200))));
    works.write(delivery, rows);
    if (rng.below(3) == 0) works.flush(delivery);
    expected.insert(rows.begin(), rows.end());
  }
  works.flush(delivery);
  works.sim.disk().heal();
  const auto documents = store.documents("index1").value();
  for (const auto& each : documents) found.insert(each.source);
  CHECK(found.size() == documents.size());
  for (const ErrorLine& line : refused(works)) found.insert(line.raw);
  CHECK(found == expected);
  CHECK(works.sim.disk().faults_injected() > 0);
}

TEST_CASE("a name that no index can have is refused at once") {
  Works works;
  Store store = Store::open(works.sim.env(), "/index").value();
  CHECK_THROWS_WITH(IndexDestination(store, {.index = "Index1"}), Contains("upper-case letter"));
  CHECK_THROWS_WITH(IndexDestination(store, {}), Contains("more than 80 characters"));
}
