// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/source.hpp"

#include "catch.hpp"
#include "coroutine_fixture.hpp"

using namespace log_test;

static_assert(PartitionedSource<log::Source>);
static_assert(Reader<log::ShardSource>);

namespace {

std::vector<std::string> read(Step& step, ShardSource& shard, ReadStatus& status) {
  std::vector<std::string> out;
  Batch<Message> batch;
  do {
    batch.clear();
    status = step.run(shard.read(batch, step.cx));
    for (std::uint32_t i = 0; i < batch.size(); ++i) out.push_back(batch[i].data.str());
  } while (status == ReadStatus::more);
  return out;
}

}  // namespace

TEST_CASE("a stream's partitions are its shards") {
  sim::Env sim;
  Step step(sim);
  Log::open(sim.env(), dir, {.shards = 3}).value();
  log::Source source(dir);
  const auto partitions = step.run(source.discover(step.cx));
  REQUIRE(partitions.size() == 3);
  CHECK(partitions[0].id == "shard-000000");
  CHECK(partitions[2].id == "shard-000002");
}

TEST_CASE("LATEST is a position before the first read, so that nothing that comes later is lost") {
  sim::Env sim;
  Step step(sim);
  Log log = Log::open(sim.env(), dir, {.shards = 1}).value();
  put(log, "old");
  log::Source source(dir, {.start = Start::latest()});
  const auto partitions = step.run(source.discover(step.cx));
  ShardSource first = source.open(partitions[0], {});
  CHECK(first.position().token == "1");
  put(log, "new");
  // The pipeline stopped before it read; it starts again from the position that it saved.
  log::Source again(dir, {.start = Start::latest()});
  static_cast<void>(step.run(again.discover(step.cx)));
  ShardSource second = again.open(partitions[0], first.position());
  ReadStatus status{};
  CHECK(read(step, second, status) == std::vector<std::string>{"new"});
  CHECK(status == ReadStatus::idle);
  CHECK(second.position().token == "2");
}

TEST_CASE("a reader goes on from its position with the next record") {
  sim::Env sim;
  Step step(sim);
  Log log = Log::open(sim.env(), dir, {.shards = 1}).value();
  const Timestamp arrival = sim.env().clock.wall();
  for (int i = 0; i < 600; ++i) put(log, std::to_string(i));
  log::Source source(dir);
  const auto partitions = step.run(source.discover(step.cx));
  ShardSource shard = source.open(partitions[0], {});
  Batch<Message> batch;
  CHECK(step.run(shard.read(batch, step.cx)) == ReadStatus::more);
  CHECK(batch.size() == 256);
  CHECK(batch.time(0) == arrival);
  CHECK(shard.position().token == "256");
  ShardSource next = source.open(partitions[0], shard.position());
  ReadStatus status{};
  const auto rest = read(step, next, status);
  REQUIRE(rest.size() == 344);
  CHECK(rest.front() == "256");
}

TEST_CASE("a sealed stream ends its partitions") {
  sim::Env sim;
  Step step(sim);
  Log log = Log::open(sim.env(), dir, {.shards = 1}).value();
  put(log, "last");
  log.seal().value();
  log::Source source(dir);
  const auto partitions = step.run(source.discover(step.cx));
  ReadStatus status{};
  ShardSource shard = source.open(partitions[0], {});
  CHECK(read(step, shard, status) == std::vector<std::string>{"last"});
  CHECK(status == ReadStatus::end);
  log::Source waiting(dir, {.stop = Stop::never()});
  static_cast<void>(step.run(waiting.discover(step.cx)));
  ShardSource still = waiting.open(partitions[0], {});
  CHECK(read(step, still, status).size() == 1);
  CHECK(status == ReadStatus::idle);
}

TEST_CASE("a consumer that comes first makes the stream or says how to") {
  sim::Env sim;
  Step step(sim);
  log::Source without(dir);
  try {
    static_cast<void>(step.run(without.discover(step.cx)));
    FAIL("no stream, no partitions");
  } catch (const Failure& failure) {
    CHECK(failure.error().code() == Errc::not_found);
    CHECK_THAT(failure.what(), Catch::Contains("there is no stream here"));
  }
  log::Source making(dir, {.shards = 2});
  CHECK(step.run(making.discover(step.cx)).size() == 2);
}

TEST_CASE("a position or a partition that is not this source's is refused") {
  sim::Env sim;
  log::Source source(dir);
  CHECK_THROWS_WITH(source.open({.id = "shard-000000"}, {"abc"}),
                    Catch::Contains("log position 'abc'"));
  CHECK_THROWS_WITH(source.open({.id = "7"}, {"0"}), Catch::Contains("'7' is not the name"));
  CHECK(source.open({.id = "shard-000000"}, {"time:5"}).position().token == "time:5");
  CHECK(source.open({.id = "shard-000000"}, {}).position().token == "trim_horizon");
}
