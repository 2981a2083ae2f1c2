// SPDX-License-Identifier: BSL-1.0
#include <chrono>

#include "catch.hpp"
#include "delivery_fixture.hpp"
#include "millrace/store/directory.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;

TEST_CASE("a buffer that has its size is delivered at once") {
  Works works;
  Delivery delivery(works.store, {.size = 10_B});
  works.write(delivery, {"1234", "5678", "9"});
  CHECK(works.objects().bodies().empty());
  works.write(delivery, {"abc", "de"});
  CHECK(works.objects().bodies() == Strings{"123456789abc"});
  CHECK(delivery.metrics()->buffered_bytes.get() == 2);
}

TEST_CASE("a buffer that has its interval is delivered, counted from its first record") {
  Works works;
  Delivery delivery(works.store, {.size = 1_MiB, .interval = 60s});
  works.pass(delivery, 30s);
  const MonotonicTime first = works.sim.env().clock.monotonic();
  works.write(delivery, {std::string(512 * 1024, 'x')});
  works.pass(delivery, 30s);
  works.write(delivery, {"later"});
  works.pass(delivery, 29s);
  CHECK(works.objects().bodies().empty());
  works.pass(delivery, 2s);
  REQUIRE(works.objects().bodies().size() == 1);
  CHECK(works.objects().bodies()[0].size() == 512 * 1024 + 5);
  CHECK(works.objects().times[0] - first >= 60s);
  CHECK(works.objects().times[0] - first < 61s);
  works.pass(delivery, 200s);
  CHECK(works.objects().calls.size() == 1);
}

TEST_CASE("size and interval work side by side, each time whichever is first") {
  Works works;
  Delivery delivery(works.store, {.size = 4_B, .interval = 300s});
  works.write(delivery, {"abcd"});
  CHECK(works.objects().bodies().size() == 1);
  works.pass(delivery, 200s);
  works.write(delivery, {"ef"});
  works.pass(delivery, 299s);
  CHECK(works.objects().bodies().size() == 1);
  works.pass(delivery, 2s);
  CHECK(works.objects().bodies().size() == 2);
  works.write(delivery, {"gh"});
  works.pass(delivery, 250s);
  works.write(delivery, {"ij"});
  CHECK(works.objects().bodies().size() == 3);
}

TEST_CASE("a write delivers what has its interval, too") {
  Works works;
  Delivery delivery(works.store, {.interval = 60s});
  works.write(delivery, {"a"});
  works.sim.run_for(60s);
  works.write(delivery, {"b"});
  CHECK(works.objects().bodies() == Strings{"ab"});
}

TEST_CASE("an interval of zero delivers with each write") {
  Works works;
  Delivery delivery(works.store, {.interval = 0s});
  works.write(delivery, {"a", "b"});
  CHECK(works.objects().bodies() == Strings{"ab"});
}

TEST_CASE("flush delivers all that is buffered, and nothing when there is nothing") {
  Works works;
  Delivery delivery(works.store, {});
  works.flush(delivery);
  CHECK(works.objects().calls.empty());
  works.write(delivery, {"a", "", "b"});
  works.flush(delivery);
  CHECK(works.objects().bodies() == Strings{"ab"});
  CHECK(delivery.metrics()->delivered_records.get() == 3);
  CHECK(delivery.metrics()->buffered_bytes.get() == 0);
}

TEST_CASE("the delimiter stands between records, or after each of them") {
  for (const auto& [place, expected] : {std::pair{DelimiterPlace::between, "abc\nabc\nabc"},
                                        std::pair{DelimiterPlace::after_each, "abc\nabc\nabc\n"}}) {
    Works works;
    Delivery delivery(works.store, {.delimiter = "\n", .delimiter_place = place});
    works.write(delivery, {"abc", "abc", "abc"});
    works.flush(delivery);
    CHECK(works.objects().bodies() == Strings{expected});
  }
  Works works;
  Delivery delivery(works.store, {});
  works.write(delivery, {"abc", "abc", "abc"});
  works.flush(delivery);
  CHECK(works.objects().bodies() == Strings{"abcabcabc"});
}

TEST_CASE("an object's name has the prefix, the stream, its version and the oldest arrival") {
  Works works;
  Delivery delivery(works.store, {.naming = {.stream = "bank", .version = 3}});
  works.arrival += 90s;
  works.write(delivery, {"newer"});
  works.arrival -= 90s;
  works.write(delivery, {"older"});
  works.flush(delivery);
  REQUIRE(works.objects().calls.size() == 1);
  const std::string name = works.objects().calls[0];
  CHECK(name.substr(0, 40) == "2026/07/13/14/bank-3-2026-07-13-14-00-00");
  CHECK(name.size() == 40 + 1 + 36);
}

TEST_CASE("the arrival can be the time at which a record comes to the delivery") {
  Works works;
  Delivery delivery(works.store, {.arrival = Arrival::delivery});
  works.write(delivery, {"a"});
  works.flush(delivery);
  CHECK(works.objects().calls.at(0).substr(0, 14) == "2020/01/01/00/");
}

TEST_CASE("gzip with an extension of its own: the name ends with that, the bytes are gzip's") {
  Works works;
  Delivery delivery(works.store,
                    {.naming = {.compression = Compression::gzip, .file_extension = ".log"}});
  works.write(delivery, {std::string(10'000, 'a')});
  works.flush(delivery);
  const std::string name = works.objects().calls.at(0);
  CHECK(name.substr(name.size() - 4) == ".log");
  const std::string body = works.objects().bodies().at(0);
  CHECK(body.substr(0, 2) == "\x1f\x8b");
  CHECK(body.size() < 200);
  CHECK(delivery.metrics()->delivered_bytes.get() == 10'000);
}

TEST_CASE("a record of 1,000 KiB passes, one byte more becomes an error object with its bytes") {
  Works works;
  Delivery delivery(works.store, {});
  const std::string most(1'024'000, 'm');
  const std::string more(1'024'001, 'o');
  works.write(delivery, {most, more, "after"});
  works.flush(delivery);
  CHECK(works.objects().bodies("2026") == Strings{most + "after"});
  const auto lines = error_lines(works.objects().bodies("processing-failed/2026/07/13/14/"));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].code == "RecordTooLarge");
  CHECK(lines[0].message == "the record has 1024001 bytes, more than the limit of 1024000");
  CHECK(lines[0].raw == more);
  CHECK(delivery.metrics()->failed_records.get() == 1);
  CHECK(delivery.metrics()->delivered_records.get() == 2);
}

TEST_CASE("past the budget the largest buffers are delivered early") {
  Works works;
  Delivery delivery(works.store, {.budget = 100_B});
  for (int i = 0; i < 50; ++i) works.write(delivery, {std::string(30, 'x')});
  CHECK(delivery.metrics()->early_flushes.get() == 12);
  CHECK(works.objects().bodies().size() == 12);
  CHECK(delivery.metrics()->buffered_bytes.get() <= 100);
  works.flush(delivery);
  CHECK(delivery.metrics()->delivered_records.get() == 50);
}

TEST_CASE("while the destination fails a write waits, so that no more is buffered") {
  Works works;
  works.objects().down = true;
  Delivery delivery(works.store, {.size = 10_B, .retry = {.duration = 300s}});
  const std::string record(10, 'x');
  Batch<Message> batch(4);
  for (int i = 0; i < 3; ++i) batch.push_back({Text(record)}, works.arrival);
  bool written = false;
  auto strand = works.sim.env().scheduler.make_strand();
  works.sim.env().scheduler.spawn(
      strand, [](Delivery& d, const Batch<Message>& b, Context& cx, bool& done) -> Task<> {
        co_await d.write(b, cx);
        done = true;
      }(delivery, batch, works.cx(), written));
  works.sim.run_for(100s);
  CHECK_FALSE(written);
  CHECK(works.objects().by_name.empty());
  works.objects().down = false;
  works.sim.run_for(60s);
  CHECK(written);
  CHECK(works.objects().bodies().size() == 3);
}

TEST_CASE("a batch of texts is delivered as one of messages") {
  Works works;
  Delivery delivery(works.store, {.delimiter = "|"});
  Batch<Text> batch(4);
  batch.push_back("one", works.arrival);
  batch.push_back("two", works.arrival);
  works.driver.run(delivery.write(batch, works.cx()));
  works.flush(delivery);
  CHECK(works.objects().bodies() == Strings{"one|two"});
}

TEST_CASE("RecordLimit passes what fits and throws with the size for what does not") {
  const std::string most(1'024'000, 'm');
  const std::string more(1'024'001, 'o');
  const RecordLimit limit;
  CHECK(limit(Message{Text(most)}));
  CHECK_THROWS_WITH(limit(Text(more)),
                    "the record has 1024001 bytes, more than the limit of 1024000");
}

TEST_CASE("options that can't be are refused with their name") {
  const auto refusal = [](DeliveryOptions options) -> std::string {
    try {
      Delivery delivery(ObjectStore{}, std::move(options));
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "accepted";
  };
  const auto begins = [](const std::string& text, const std::string& with) {
    INFO(text);
    CHECK(text.compare(0, with.size(), with) == 0);
  };
  begins(refusal({.interval = -1s}),
         "firehose::Delivery: interval: -1000000 us is not between 0 and a year");
  begins(refusal({.prefix = "a/!{nonsense:x}/"}), "firehose::Delivery: prefix: ");
  begins(refusal({.naming = {.stream = "no spaces"}}), "firehose::Delivery: naming: ");
  begins(refusal({.partitioning = {.query = "{a:.a}"}}),
         "firehose::Delivery: partitioning.query: needs partitioning.dynamic to be on");
  begins(refusal({.partitioning = {.dynamic = DynamicPartitioning::on, .query = "a"}}),
         "firehose::Delivery: partitioning.query: ");
  begins(refusal({.partitioning = {.active_max = 5001}}),
         "firehose::Delivery: partitioning.active_max: 5001 is not between 1 and 5000");
  begins(refusal({.backup = {.mode = BackupMode::all_records}}),
         "firehose::Delivery: backup.destination: BackupMode::all_records needs one");
}
