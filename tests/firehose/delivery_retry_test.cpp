// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <chrono>

#include "catch.hpp"
#include "delivery_fixture.hpp"
#include "millrace/store/directory.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;

namespace {

// Takes records one by one, in answers made to order.
struct Index {
  struct State {
    std::vector<Strings> calls;
    std::deque<std::vector<RefusedRecord>> answers;
    bool down = false;
  };
  std::shared_ptr<State> state = std::make_shared<State>();

  Task<Result<std::vector<RefusedRecord>>> deliver(const RecordBatch& batch, Context&) {
    Strings records;
    for (std::size_t i = 0; i < batch.size(); ++i) records.emplace_back(batch.record(i));
    state->calls.push_back(records);
    if (state->down) co_return Error(Errc::unavailable, "no index");
    std::vector<RefusedRecord> refused;
    if (!state->answers.empty()) {
      refused = state->answers.front();
      state->answers.pop_front();
    }
    co_return refused;
  }
};

std::vector<ErrorLine> backed_up(Works& works, std::string_view type) {
  return error_lines(works.backups().bodies(std::string("es/") + std::string(type) + "/"));
}

DeliveryOptions to_index(Works& works) {
  return {.retry = {.duration = 300s}, .backup = {.destination = works.backup, .prefix = "es/"}};
}

}  // namespace

TEST_CASE("a destination that fails for a while gets the same object again, once") {
  Works works;
  works.objects().failures = {Errc::unavailable, Errc::timeout, Errc::io};
  Delivery delivery(works.store, {.retry = {.duration = 300s}});
  works.write(delivery, {"a", "b"});
  works.flush(delivery);
  CHECK(works.objects().bodies() == Strings{"ab"});
  REQUIRE(works.objects().calls.size() == 4);
  for (const std::string& name : works.objects().calls) CHECK(name == works.objects().calls[0]);
  CHECK(delivery.metrics()->delivery_retries.get() == 3);
  const auto& times = works.objects().times;
  CHECK(times[1] - times[0] >= 500ms);
  CHECK(times[2] - times[1] >= 1s);
  CHECK(times[3] - times[2] >= 2s);
  CHECK(times[3] - times[0] <= 8s);
}

TEST_CASE("a name that is taken is not replaced: the object gets another") {
  Works works;
  works.objects().failures = {Errc::already_exists};
  Delivery delivery(works.store, {});
  works.write(delivery, {"a"});
  works.flush(delivery);
  REQUIRE(works.objects().calls.size() == 2);
  CHECK(works.objects().calls[0] != works.objects().calls[1]);
  CHECK(works.objects().bodies() == Strings{"a"});
}

TEST_CASE("a process that draws the same names again replaces nothing in a directory") {
  sim::Disk disk(3);
  std::vector<std::string> bodies;
  for (const char* record : {"first", "second"}) {
    sim::Env sim({.seed = 9}, disk);
    auto store = store::Directory::open(sim.env(), "/lake").value();
    Driver driver(sim);
    Delivery delivery(store, {.retry = {.duration = 0s}});
    Batch<Message> batch(2);
    batch.push_back({Text(record)}, Timestamp());
    driver.run(delivery.write(batch, driver.cx));
    driver.run(delivery.flush(driver.cx));
    const store::ListPage page = store.list().value();
    bodies.clear();
    for (const auto& each : page.objects) bodies.push_back(store.get(each.key).value());
    disk.kill(sim.env().fs);
  }
  std::sort(bodies.begin(), bodies.end());
  CHECK(bodies == Strings{"first", "second"});
}

TEST_CASE("a name that is always taken fails the delivery") {
  Works works;
  works.objects().failures.assign(100, Errc::already_exists);
  Delivery delivery(works.store, {.retry = {.duration = 0s}});
  works.write(delivery, {"a"});
  CHECK_THROWS_AS(works.flush(delivery), Failure);
  CHECK(works.objects().calls.size() == 4);
}

TEST_CASE("past the retry duration the records go to the backup, each with its bytes") {
  Works works;
  works.objects().down = true;
  Delivery delivery(works.store, {.delimiter = "\n",
                                  .retry = {.duration = 300s},
                                  .backup = {.destination = works.backup, .prefix = "es/"}});
  works.write(delivery, {"first", "second"});
  works.flush(delivery);
  CHECK(works.objects().by_name.empty());
  const auto& times = works.objects().times;
  CHECK(times.back() - times.front() >= 300s);
  CHECK(times.back() - times.front() < 301s);
  const auto lines = backed_up(works, "http-endpoint-failed/2026/07/13/14");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].raw == "first");
  CHECK(lines[1].raw == "second");
  CHECK(lines[0].code == "unavailable");
  CHECK(lines[0].message == "the store is down");
  CHECK(lines[0].attempts == std::to_string(times.size()));
  CHECK(delivery.metrics()->failed_records.get() == 2);
  CHECK(delivery.metrics()->delivered_records.get() == 0);
}

TEST_CASE("a retry duration of zero tries once") {
  Works works;
  works.objects().down = true;
  Delivery delivery(works.store, {.retry = {.duration = 0s},
                                  .backup = {.destination = works.backup, .prefix = "es/"}});
  works.write(delivery, {"a"});
  works.flush(delivery);
  CHECK(works.objects().calls.size() == 1);
  CHECK(backed_up(works, "http-endpoint-failed").size() == 1);
}

TEST_CASE("what can't pass is not tried again") {
  Works works;
  works.objects().failures = {Errc::invalid_input};
  Delivery delivery(works.store, {.backup = {.destination = works.backup, .prefix = "es/"}});
  works.write(delivery, {"a"});
  works.flush(delivery);
  CHECK(works.objects().calls.size() == 1);
  CHECK(backed_up(works, "http-endpoint-failed").at(0).code == "invalid_input");
}

TEST_CASE("error objects that the destination does not take go to the backup") {
  Works works;
  works.objects().down = true;
  Delivery delivery(works.store, {.retry = {.duration = 10s},
                                  .backup = {.destination = works.backup, .prefix = "es/"}});
  works.write(delivery, {std::string(1'024'001, 'x')});
  works.flush(delivery);
  REQUIRE(backed_up(works, "processing-failed").size() == 1);
  CHECK(backed_up(works, "processing-failed")[0].raw.size() == 1'024'001);
}

TEST_CASE("without a backup the failure is the pipeline's, and nothing is lost") {
  Works works;
  works.objects().down = true;
  Delivery delivery(works.store, {.retry = {.duration = 10s}});
  works.write(delivery, {"a", "b"});
  const std::string failure = works.driver.failure([](Delivery& d, Context& cx) -> Task<int> {
    co_await d.flush(cx);
    co_return 0;
  }(delivery, works.cx()));
  INFO(failure);
  CHECK(failure.find("step: delivery stream delivery: 2 records can't be delivered after ") == 0);
  CHECK(failure.find("attempts, and no backup took them: the store is down") != std::string::npos);
  works.objects().down = false;
  works.flush(delivery);
  CHECK(works.objects().bodies() == Strings{"ab"});
  const auto& calls = works.objects().calls;
  CHECK(calls.front() == calls.back());
}

TEST_CASE("what the destination throws is its error") {
  struct Throwing {
    Result<void> put(std::string_view, std::string_view) { throw std::runtime_error("oops"); }
  };
  Works works;
  Delivery delivery(Throwing{}, {.retry = {.duration = 0s},
                                 .backup = {.destination = works.backup, .prefix = "es/"}});
  works.write(delivery, {"a"});
  works.flush(delivery);
  CHECK(backed_up(works, "http-endpoint-failed").at(0).message == "oops");
}

TEST_CASE("a full disk under the store: delivered once there is room") {
  Works works;
  auto store = store::Directory::open(works.sim.env(), "/lake").value();
  Delivery delivery(store, {.retry = {.duration = 30s}});
  works.write(delivery, {std::string(500, 'x')});
  works.sim.disk().set_capacity({works.sim.disk().used().bytes + 10});
  CHECK_THROWS_AS(works.flush(delivery), Failure);
  CHECK(store.list().value().objects.empty());
  works.sim.disk().set_capacity(ByteSize{1u << 20});
  works.flush(delivery);
  const auto page = store.list().value();
  REQUIRE(page.objects.size() == 1);
  CHECK(store.get(page.objects[0].key).value() == std::string(500, 'x'));
}

TEST_CASE("the backup of all records keeps the originals, dropped ones too") {
  Works works;
  Delivery delivery(
      works.store,
      {.delimiter = "\n",
       .transform = Transform([](std::span<const TransformRecord> r, TransformOutput& out) {
         out.ok(r[0].id, "new");
         out.dropped(r[1].id);
         out.failed(r[2].id);
       }),
       .backup = {.destination = works.backup,
                  .mode = BackupMode::all_records,
                  .interval = 60s,
                  .prefix = "source/"}});
  works.write(delivery, {"one", "two", "three"});
  works.pass(delivery, 61s);
  CHECK(works.backups().bodies("source/2026/07/13/14/") == Strings{"one\ntwo\nthree"});
  works.flush(delivery);
  CHECK(works.objects().bodies("2026") == Strings{"new"});
  CHECK(works.objects().bodies("processing-failed").size() == 1);
  CHECK(delivery.metrics()->backup_records.get() == 3);
}

TEST_CASE("a record that is refused for now is sent again by itself") {
  Works works;
  Index index;
  index.state->answers.push_back({{.index = 1, .again = Again::yes, .code = "429"}});
  Delivery delivery(index, to_index(works));
  works.write(delivery, {"a", "b", "c"});
  works.flush(delivery);
  CHECK(index.state->calls == std::vector<Strings>{{"a", "b", "c"}, {"b"}});
  CHECK(works.backups().calls.empty());
  CHECK(delivery.metrics()->delivered_records.get() == 3);
}

TEST_CASE("a record that is refused for good becomes an error object without another call") {
  Works works;
  Index index;
  index.state->answers.push_back({{.index = 0,
                                   .again = Again::no,
                                   .code = "400",
                                   .message = "mapper_parsing_exception",
                                   .id = "id-1",
                                   .index_name = "index1"}});
  Delivery delivery(index, to_index(works));
  works.write(delivery, {"a", "b"});
  works.flush(delivery);
  CHECK(index.state->calls.size() == 1);
  const auto lines = backed_up(works, "AmazonOpenSearchService-failed");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].code == "400");
  CHECK(lines[0].raw == "a");
  const std::string body = works.backups().bodies().at(0);
  CHECK(member(body, "esIndexName") == "index1");
  CHECK(member(body, "esDocumentId") == "id-1");
  CHECK(delivery.metrics()->delivered_records.get() == 1);
  CHECK(delivery.metrics()->failed_records.get() == 1);
}

TEST_CASE("records refused until the retry duration is over keep the last reason") {
  Works works;
  Index index;
  for (int i = 0; i < 100; ++i)
    index.state->answers.push_back({{.index = i == 0 ? 1u : 0u,
                                     .again = Again::yes,
                                     .code = "429",
                                     .message = "busy " + std::to_string(i)}});
  Delivery delivery(index, to_index(works));
  works.write(delivery, {"a", "b"});
  works.flush(delivery);
  const auto lines = backed_up(works, "AmazonOpenSearchService-failed");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].raw == "b");
  CHECK(lines[0].code == "429");
  CHECK(lines[0].message == "busy " + std::to_string(index.state->calls.size() - 1));
  CHECK(delivery.metrics()->delivered_records.get() == 1);
}

TEST_CASE("an index that is down hands every record to the backup") {
  Works works;
  Index index;
  index.state->down = true;
  DeliveryOptions options = to_index(works);
  options.retry.duration = 0s;
  Delivery delivery(index, options);
  works.write(delivery, {"a", "b"});
  works.flush(delivery);
  CHECK(index.state->calls.size() == 1);
  const auto lines = backed_up(works, "AmazonOpenSearchService-failed");
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].raw == "b");
  CHECK(lines[1].code == "unavailable");
}

TEST_CASE("a destination of records needs a backup of objects, and has no partitions") {
  Works works;
  CHECK_THROWS_WITH(Delivery(Index{}, {}),
                    "firehose::Delivery: backup.destination: a destination of records needs one "
                    "for what fails");
  CHECK_THROWS_WITH(Delivery(Index{}, {.backup = {.destination = Index{}}}),
                    "firehose::Delivery: backup.destination: must take objects");
  CHECK_THROWS_WITH(Delivery(Index{}, {.partitioning = {.dynamic = DynamicPartitioning::on},
                                       .backup = {.destination = works.backup}}),
                    "firehose::Delivery: partitioning.dynamic: a destination of records has no "
                    "partitions");
}
