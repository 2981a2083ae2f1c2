// SPDX-License-Identifier: BSL-1.0
#include <chrono>

#include "catch.hpp"
#include "delivery_job.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("exactly once: checkpoints leave buffers open, size alone closes them") {
  Job job;
  DeliveryOptions options = lines();
  options.size = ByteSize{100};
  job.start(options);
  for (int i = 0; i < 25; ++i) {
    job.write({std::string(9, static_cast<char>('a' + i))});
    job.checkpoint();
  }
  REQUIRE(job.bodies().size() == 2);
  for (const std::string& body : job.bodies()) CHECK(body.size() == 100);
  job.finish();
  REQUIRE(job.bodies().size() == 3);
  CHECK(job.delivery->metrics()->delivered_records.get() == 25);
}

TEST_CASE("exactly once: an object is seen when it is committed, and again is no change") {
  Job job;
  DeliveryOptions options = lines();
  options.size = ByteSize{4};
  job.start(options);
  job.write({"one", "two", "3"});
  CHECK(job.works.objects().calls.empty());
  job.decide();
  job.write({"four"});
  CHECK(job.works.objects().calls.empty());
  job.commit();
  CHECK(job.bodies() == Strings{"one\n", "two\n"});
  job.commit();
  CHECK(job.works.objects().calls.size() == 2);
  job.start(options);  // the process dies, and the next one commits again
  CHECK(job.bodies() == Strings{"one\n", "two\n"});
  CHECK(job.works.objects().calls.size() == 4);
  job.write({"four"});
  job.finish();
  CHECK(job.bodies() == Strings{"3\nfour\n", "one\n", "two\n"});
}

TEST_CASE("exactly once: after a restart a buffer goes on with its records and its age") {
  Job job;
  DeliveryOptions options = lines();
  options.interval = 60s;
  job.start(options);
  job.write({"before"});
  job.works.pass(*job.delivery, 40s);
  job.checkpoint();
  job.write({"lost with the process"});
  job.start(options);
  job.write({"after"});
  job.works.pass(*job.delivery, 19s);
  job.checkpoint();
  CHECK(job.bodies().empty());
  job.works.pass(*job.delivery, 1s);
  job.checkpoint();
  CHECK(job.bodies() == Strings{"before\nafter\n"});
}

TEST_CASE("exactly once: finishing delivers all and leaves no spool") {
  Job job;
  job.start(lines());
  job.write({"a", "b"});
  job.checkpoint();
  job.works.flush(*job.delivery);
  CHECK(job.bodies().empty());
  CHECK(job.spools().size() == 2);
  job.finish();
  CHECK(job.bodies() == Strings{"a\nb\n"});
  CHECK(job.spools() == Strings{"step.lock"});
  CHECK(job.id == 3);
}

TEST_CASE("exactly once: spools that no checkpoint lists go at a start, those it lists stay") {
  Job job;
  DeliveryOptions options = lines();
  options.size = ByteSize{4};
  job.start(options);
  job.write({"open", "o"});
  job.checkpoint();
  const Strings listed = job.spools();
  job.write({"lost", "l"});
  (void)job.works.driver.run(job.delivery->prepare(99, job.works.cx()));
  CHECK(job.spools().size() == listed.size() + 1);
  job.start(options);
  CHECK(job.spools() == listed);
  job.finish();
  CHECK(job.bodies() == Strings{"o\n", "open\n"});
}

TEST_CASE("exactly once: records that wait for the transform are in the checkpoint") {
  Job job;
  DeliveryOptions options = lines();
  auto ids = std::make_shared<Strings>();
  options.transform = Transform(
      [ids](std::span<const TransformRecord> records, TransformOutput& out) {
        for (const TransformRecord& each : records) ids->emplace_back(each.id);
        upper(records, out);
      },
      {.size = ByteSize{3}, .interval = 60s});
  job.start(options);
  job.write({"a"});
  job.works.pass(*job.delivery, 30s);
  job.checkpoint();
  job.write({"b", "c"});
  CHECK(ids->size() == 3);
  job.start(options);  // what the transform has done since is made anew, under the same ids
  job.write({"b", "c", "d"});
  REQUIRE(ids->size() == 6);
  CHECK(Strings(ids->begin(), ids->begin() + 3) == Strings(ids->begin() + 3, ids->end()));
  job.checkpoint();
  job.start(options);
  job.works.pass(*job.delivery, 60s);
  job.finish();
  CHECK(job.bodies() == Strings{"A\nB\nC\nD\n"});
}

TEST_CASE("exactly once: partitions keep their keys, and buffers of two states are merged") {
  Job job;
  DeliveryOptions options = lines();
  options.prefix = "to/!{partitionKeyFromQuery:k}/";
  options.partitioning = {.dynamic = DynamicPartitioning::on, .query = "{k: .k}"};
  job.start(options);
  job.write({R"({"k":"x","n":1})", R"({"k":"y","n":2})", R"({"m":0})"});
  job.checkpoint();
  const std::string first = job.state;
  DeliveryOptions second = options;
  second.spool = "/spool";
  job.delivery.reset();
  job.delivery.emplace(job.works.store, second);
  job.write({R"({"k":"x","n":3})", R"({"k":"z","n":4})"});
  const Committable none = job.works.driver.run(job.delivery->prepare(2, job.works.cx()));
  std::string other;
  job.delivery->save(other);
  job.delivery.reset();
  job.delivery.emplace(job.works.store, options);
  REQUIRE(job.delivery->load(first));
  REQUIRE(job.delivery->load(other));
  job.works.driver.run(job.delivery->commit(none, job.works.cx()));
  job.works.driver.run(job.delivery->abort(job.works.cx()));
  job.write({R"({"k":"y","n":5})"});
  job.id = 2;
  job.finish();
  CHECK(job.bodies("to/x/").size() == 2);
  CHECK(job.bodies("to/y/") == Strings{"{\"k\":\"y\",\"n\":2}\n{\"k\":\"y\",\"n\":5}\n"});
  CHECK(job.bodies("to/z/") == Strings{"{\"k\":\"z\",\"n\":4}\n"});
  CHECK(error_lines(job.bodies("bad/")).size() == 1);
}

TEST_CASE("exactly once: what a commit gives up is in the backup with the checkpoint after it") {
  Job job;
  DeliveryOptions options = lines();
  options.size = ByteSize{4};
  options.retry.duration = 10s;
  options.record_max = ByteSize{5};
  options.backup = {.destination = job.works.backup, .size = ByteSize{1}, .prefix = "es/"};
  job.start(options);
  job.write({"good", "too long"});
  job.works.pass(*job.delivery, 301s, 10s);  // the error object closes, too
  job.works.objects().down = true;
  job.checkpoint();
  CHECK(job.works.backups().by_name.empty());
  job.checkpoint();
  const auto lines_of = [&](const char* prefix) {
    return error_lines(job.works.backups().bodies(prefix));
  };
  REQUIRE(lines_of("es/http-endpoint-failed/").size() == 1);
  CHECK(lines_of("es/http-endpoint-failed/")[0].raw == "good");
  REQUIRE(lines_of("es/processing-failed/").size() == 1);
  CHECK(lines_of("es/processing-failed/")[0].raw == "too long");
  job.finish();
  CHECK(job.works.backups().by_name.size() == 2);
  CHECK(job.spools() == Strings{"step.lock"});
}

TEST_CASE("exactly once: what a commit before the restart may have done is not given up") {
  Job job;
  DeliveryOptions options = lines();
  options.size = ByteSize{4};
  options.retry.duration = 10s;
  options.backup = {.destination = job.works.backup, .size = ByteSize{1}};
  job.start(options);
  job.write({"good"});
  job.decide();
  job.works.objects().down = true;
  job.delivery.reset();
  job.delivery.emplace(job.works.store, options);
  REQUIRE(job.delivery->load(job.state));
  CHECK_THAT(job.works.driver.failure(job.delivery->commit(job.prepared, job.works.cx())),
             Contains("can't be asked whether it took to/") && Contains("the store is down"));
  job.works.objects().down = false;
  job.start(options);
  job.finish();
  CHECK(job.bodies() == Strings{"good\n"});
  CHECK(job.works.backups().by_name.empty());
}

TEST_CASE("exactly once: without a backup a destination that is down fails the commit, no more") {
  Job job;
  DeliveryOptions options = lines();
  options.size = ByteSize{4};
  options.retry.duration = 10s;
  job.start(options);
  job.write({"good"});
  job.works.objects().down = true;
  job.decide();
  CHECK_THAT(job.works.driver.failure(job.delivery->commit(job.prepared, job.works.cx())),
             Contains("no backup took them: the store is down"));
  job.works.objects().down = false;
  job.start(options);
  CHECK(job.bodies() == Strings{"good\n"});
}
