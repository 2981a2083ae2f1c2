// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/transform.hpp"

#include <chrono>

#include "catch.hpp"
#include "delivery_fixture.hpp"
#include "millrace/core/signal.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;

namespace {

using Records = std::span<const TransformRecord>;

// Each record in capitals.
void shout(Records records, TransformOutput& out) {
  for (const TransformRecord& each : records) {
    std::string data(each.data);
    for (char& c : data)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    out.ok(each.id, data);
  }
}

DeliveryOptions with(Transform transform) {
  return {.delimiter = "\n", .transform = std::move(transform), .transform_arn = "arn:t"};
}

std::vector<ErrorLine> errors(Works& works) {
  return error_lines(works.objects().bodies("processing-failed/"));
}

// Writes and flushes; every record must be accounted for.
std::shared_ptr<const DeliveryMetrics> run(Works& works, Transform transform,
                                           const Strings& records) {
  Delivery delivery(works.store, with(std::move(transform)));
  works.write(delivery, records);
  works.flush(delivery);
  const auto metrics = delivery.metrics();
  CHECK(metrics->records.get() == records.size());
  CHECK(metrics->delivered_records.get() + metrics->dropped_records.get() +
            metrics->failed_records.get() ==
        records.size());
  CHECK(metrics->failed_records.get() == errors(works).size());
  return metrics;
}

}  // namespace

TEST_CASE("results are read in any letter case, and other words are none") {
  CHECK(parse_transform_result("Ok") == TransformResult::ok);
  CHECK(parse_transform_result("OK") == TransformResult::ok);
  CHECK(parse_transform_result("dropped") == TransformResult::dropped);
  CHECK(parse_transform_result("PROCESSINGFAILED") == TransformResult::processing_failed);
  for (const char* word : {"", "Okay", "O", "Processing Failed"})
    CHECK_FALSE(parse_transform_result(word));
}

TEST_CASE("a transform's output keeps entries and keys, and none after clear") {
  TransformOutput out;
  CHECK_THROWS_WITH(out.key("a", "1"),
                    "partition key \"a\" is set before the first record was added");
  out.ok("1", "one");
  out.key("a", "x");
  out.key("b", "y");
  out.dropped("2");
  REQUIRE(out.size() == 2);
  CHECK(out.entry(0).data == "one");
  CHECK(out.entry(0).keys == 2);
  CHECK(out.partition_key(out.entry(0).first_key + 1).value == "y");
  CHECK(out.entry(1).result == "Dropped");
  CHECK(out.entry(1).keys == 0);
  out.clear();
  CHECK(out.size() == 0);
  CHECK(out.bytes() == 0);
}

TEST_CASE("what the transform gives for a record is delivered") {
  Works works;
  const auto metrics = run(works, shout, {"a", "b"});
  CHECK(works.objects().bodies() == Strings{"A\nB"});
  CHECK(metrics->transform_calls.get() == 1);
}

TEST_CASE("Ok, Dropped and ProcessingFailed: one delivered, one dropped, one error record") {
  Works works;
  const auto metrics = run(works,
                           [](Records r, TransformOutput& out) {
                             out.failed(r[2].id);  // the order is free
                             out.add(r[0].id, "OK", "good");
                             out.dropped(r[1].id);
                           },
                           {"a", "b", "c"});
  CHECK(works.objects().bodies("2026") == Strings{"good"});
  REQUIRE(errors(works).size() == 1);
  CHECK(errors(works)[0].code == "Lambda.ProcessingFailedStatus");
  CHECK(errors(works)[0].raw == "c");
  CHECK(errors(works)[0].attempts == "1");
  CHECK(metrics->transform_ok.get() == 1);
  CHECK(metrics->dropped_records.get() == 1);
  CHECK(metrics->transform_failed.get() == 1);
}

TEST_CASE("an id that is missing fails its record with the original bytes") {
  Works works;
  run(works, [](Records r, TransformOutput& out) { out.ok(r[0].id, "first"); }, {"a", "b"});
  CHECK(works.objects().bodies("2026") == Strings{"first"});
  REQUIRE(errors(works).size() == 1);
  CHECK(errors(works)[0].code == "Lambda.MissingRecordId");
  CHECK(errors(works)[0].message == "the transform's answer has not the record's id");
  CHECK(errors(works)[0].raw == "b");
}

TEST_CASE("an id that is doubled, also with another result, fails its record") {
  Works works;
  run(works,
      [](Records r, TransformOutput& out) {
        out.ok(r[0].id, "x");
        out.ok(r[1].id, "y");
        out.dropped(r[0].id);
        out.ok(r[0].id, "z");
      },
      {"a", "b"});
  CHECK(works.objects().bodies("2026") == Strings{"y"});
  REQUIRE(errors(works).size() == 1);
  CHECK(errors(works)[0].code == "Lambda.DuplicatedRecordId");
  CHECK(errors(works)[0].message == "the transform's answer has the record's id more than once");
  CHECK(errors(works)[0].raw == "a");
}

TEST_CASE("an unknown id is as one that is missing, and delivers nothing") {
  Works works;
  run(works,
      [](Records r, TransformOutput& out) {
        std::string id(r[0].id);
        out.ok(r[0].id, "x");
        out.ok("nonsense", "y");
        out.ok("", "y");
        id.back() = id.back() == 'f' ? 'e' : 'f';  // of a record that is in no batch
        out.ok(id, "y");
        id = std::string(r[1].id);
        id[0] = id[0] == 'a' ? 'b' : 'a';  // of another delivery
        out.ok(id, "y");
      },
      {"a", "b"});
  CHECK(works.objects().bodies("2026") == Strings{"x"});
  REQUIRE(errors(works).size() == 1);
  CHECK(errors(works)[0].code == "Lambda.MissingRecordId");
  CHECK(errors(works)[0].raw == "b");
}

TEST_CASE("a result that is none fails the whole batch, without another call") {
  Works works;
  const auto metrics = run(works,
                           [](Records r, TransformOutput& out) {
                             out.ok(r[0].id, "x");
                             out.add(r[1].id, "\xff\x01garbage", "y");
                           },
                           {"a", "b"});
  CHECK(works.objects().bodies("2026").empty());
  REQUIRE(errors(works).size() == 2);
  CHECK(errors(works)[0].code == "Lambda.JsonProcessingException");
  CHECK(errors(works)[0].raw == "a");
  CHECK(errors(works)[1].raw == "b");
  CHECK(metrics->transform_calls.get() == 1);
}

TEST_CASE("an answer that is too large fails the batch") {
  Works works;
  run(works,
      Transform([](Records r, TransformOutput& out) { out.ok(r[0].id, std::string(100, 'x')); },
                {.max_response = 100_B}),
      {"a"});
  REQUIRE(errors(works).size() == 1);
  CHECK(errors(works)[0].code == "Lambda.FunctionError");
  CHECK(errors(works)[0].message ==
        "the transform's answer has 134 bytes, more than its limit of 100");
}

TEST_CASE("a transform that throws is called four times with the same ids, then the batch fails") {
  Works works;
  std::vector<std::string> ids;
  const auto metrics = run(works,
                           [&ids](Records r, TransformOutput& out) {
                             ids.emplace_back(r[0].id);
                             out.ok(r[0].id, "half");
                             throw std::runtime_error("no luck");
                           },
                           {"a", "b"});
  CHECK(ids.size() == 4);
  CHECK(std::count(ids.begin(), ids.end(), ids[0]) == 4);
  CHECK(works.objects().bodies("2026").empty());
  REQUIRE(errors(works).size() == 2);
  CHECK(errors(works)[0].code == "Lambda.FunctionError");
  CHECK(errors(works)[0].message == "no luck");
  CHECK(errors(works)[0].attempts == "4");
  CHECK(metrics->transform_failed.get() == 2);
}

TEST_CASE("a transform that throws what is no exception fails the batch as well") {
  Works works;
  run(works, [](Records, TransformOutput&) { throw 7; }, {"a"});
  REQUIRE(errors(works).size() == 1);
  CHECK(errors(works)[0].message == "the transform threw something that is no std::exception");
}

TEST_CASE("a transform that throws once is called again, and nothing fails") {
  Works works;
  int calls = 0;
  const auto metrics = run(works,
                           [&calls](Records r, TransformOutput& out) {
                             if (++calls == 1) throw std::runtime_error("once");
                             shout(r, out);
                           },
                           {"a"});
  CHECK(works.objects().bodies() == Strings{"A"});
  CHECK(metrics->transform_calls.get() == 2);
}

TEST_CASE("by option only what is unavailable is called again; its code says so") {
  const TransformOptions strict{.retry = TransformRetry::unavailable};
  Works works;
  auto metrics = run(
      works, Transform([](Records, TransformOutput&) { throw std::runtime_error("bug"); }, strict),
      {"a"});
  CHECK(metrics->transform_calls.get() == 1);
  CHECK(errors(works).at(0).code == "Lambda.FunctionError");

  Works others;
  metrics = run(
      others,
      Transform(
          [](Records, TransformOutput&) { throw Failure(Error(Errc::unavailable, "throttled")); },
          strict),
      {"a"});
  CHECK(metrics->transform_calls.get() == 4);
  CHECK(errors(others).at(0).code == "Lambda.InvokeLimitExceeded");
  CHECK(errors(others).at(0).message == "throttled");
}

TEST_CASE("a coroutine transforms, and may wait meanwhile") {
  Works works;
  const MonotonicTime begin = works.sim.env().clock.monotonic();
  run(works,
      [](Records r, TransformOutput& out, Context& cx) -> Task<> {
        (void)co_await cx.sleep_for(10s);
        shout(r, out);
      },
      {"a"});
  CHECK(works.objects().bodies() == Strings{"A"});
  CHECK(works.sim.env().clock.monotonic() - begin >= 10s);
}

TEST_CASE("a coroutine that passes its time limit is told to stop; after four the batch fails") {
  Works works;
  int stopped = 0;
  const auto metrics = run(works,
                           Transform(
                               [&stopped](Records r, TransformOutput& out, Context& cx) -> Task<> {
                                 const bool slept = co_await cx.sleep_for(61s);
                                 if (!slept) ++stopped;
                                 shout(r, out);  // too late
                               },
                               {.time_limit = 60s}),
                           {"a", "b"});
  CHECK(metrics->transform_calls.get() == 4);
  CHECK(stopped == 4);
  CHECK(works.objects().bodies("2026").empty());
  REQUIRE(errors(works).size() == 2);
  CHECK(errors(works)[0].code == "Lambda.FunctionError");
  CHECK(errors(works)[0].message == "the transform did not end within its time limit");
  CHECK(errors(works)[1].raw == "b");
}

TEST_CASE("a plain callable that took longer than its time limit has failed, too") {
  struct Leaping final : Clock {
    const Clock& clock;
    mutable Duration ahead{};
    explicit Leaping(const Clock& c) : clock(c) {}
    MonotonicTime monotonic() const override { return clock.monotonic() + ahead; }
    Timestamp wall() const override { return clock.wall(); }
  };
  Works works;
  Env& own = works.sim.env();
  Leaping clock(own.clock);
  Env env{clock, own.scheduler, own.rng, own.fs, own.net, own.faults, own.logger};
  Driver driver(works.sim, &env);
  int calls = 0;
  Delivery delivery(works.store, with([&](Records r, TransformOutput& out) {
                      shout(r, out);
                      if (++calls < 3) clock.ahead += 61s;
                    }));
  Batch<Text> batch(2);
  batch.push_back("a", works.arrival);
  driver.run(delivery.write(batch, driver.cx));
  driver.run(delivery.flush(driver.cx));
  CHECK(calls == 3);
  CHECK(works.objects().bodies() == Strings{"A"});
}

TEST_CASE("a coroutine that does not heed its stop goes on by itself, and flush waits for it") {
  Works works;
  const MonotonicTime begin = works.sim.env().clock.monotonic();
  int ended = 0;
  int calls = 0;
  run(works,
      Transform(
          [&](Records r, TransformOutput& out, Context& cx) -> Task<> {
            if (++calls == 1) {
              StopFlag deaf;
              const MonotonicTime until = cx.env().clock.monotonic() + 90s;
              (void)co_await Sleep(cx.strand(), deaf, until);
              ++ended;
            }
            shout(r, out);
          },
          {.time_limit = 60s}),
      {"a"});
  CHECK(calls == 2);
  CHECK(ended == 1);
  CHECK(works.sim.env().clock.monotonic() - begin == 90s);
  CHECK(works.objects().bodies() == Strings{"A"});
}

TEST_CASE("a coroutine that never ends holds up one flush, for its time limit once more") {
  Works works;
  Delivery delivery(works.store, with(Transform(
                                     [](Records, TransformOutput&, Context& cx) -> Task<> {
                                       Signal never(cx.strand());
                                       co_await never.wait();
                                     },
                                     {.time_limit = 60s, .retries = 0})));
  works.write(delivery, {"a"});
  const MonotonicTime begin = works.sim.env().clock.monotonic();
  works.flush(delivery);
  CHECK(errors(works).at(0).code == "Lambda.FunctionError");
  const MonotonicTime flushed = works.sim.env().clock.monotonic();
  CHECK(flushed - begin == 120s);
  works.flush(delivery);
  CHECK(works.sim.env().clock.monotonic() == flushed);
}

TEST_CASE("the transform is called with a batch that has its size or its interval") {
  Works works;
  std::vector<std::size_t> sizes;
  Delivery delivery(works.store, with(Transform(
                                     [&sizes](Records r, TransformOutput& out) {
                                       sizes.push_back(r.size());
                                       shout(r, out);
                                     },
                                     {.size = 4_B, .interval = 60s})));
  works.write(delivery, {"a", "b", "c"});
  CHECK(sizes.empty());
  works.write(delivery, {"d", "e"});
  CHECK(sizes == std::vector<std::size_t>{4});
  works.pass(delivery, 59s);
  CHECK(sizes.size() == 1);
  works.pass(delivery, 2s);
  CHECK(sizes == std::vector<std::size_t>{4, 1});
  works.flush(delivery);
  CHECK(works.objects().bodies() == Strings{"A\nB\nC\nD\nE"});
}

TEST_CASE("records keep their arrival through the transform") {
  Works works;
  run(works,
      [&works](Records r, TransformOutput& out) {
        CHECK(r[0].arrival == works.arrival);
        shout(r, out);
      },
      {"a"});
  CHECK(works.objects().calls.at(0).substr(0, 14) == "2026/07/13/14/");
}
