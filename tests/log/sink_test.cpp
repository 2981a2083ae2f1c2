// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/sink.hpp"

#include "catch.hpp"
#include "coroutine_fixture.hpp"

using namespace log_test;

static_assert(SinkOf<log::Sink, Message> && FlushableSink<log::Sink>);

TEST_CASE("written records are readable and in order of their key when write returns") {
  sim::Env sim;
  Step step(sim);
  log::Sink sink(dir, {.shards = 1});
  write(step, sink, {"a=1", "b=2", "a=3"});
  write(step, sink, {"a=4"});
  CHECK(read_shard(sim.env()).value() == std::vector<std::string>{"1", "2", "3", "4"});
}

TEST_CASE("with durability interval flush makes what was written durable and readable") {
  sim::Env sim;
  Step step(sim);
  log::Sink sink(
      dir,
      {.shards = 1, .durability = Durability::interval, .sync_interval = std::chrono::hours(1)});
  step.run(sink.flush(step.cx));
  write(step, sink, {"a=1"});
  CHECK(read_shard(sim.env()).value().empty());
  step.run(sink.flush(step.cx));
  sim.crash();
  Log::open(sim.env(), dir).value();
  CHECK(read_shard(sim.env()).value() == std::vector<std::string>{"1"});
}

TEST_CASE("a sink that can't write fails with the log's own message") {
  sim::Env sim;
  Step step(sim);
  log::Sink sink(dir, {.shards = 2});
  Log::open(sim.env(), dir, {.shards = 3}).value();
  CHECK_THROWS_WITH(write(step, sink, {"a=1"}),
                    Catch::Contains("it has 3 shards, and 2 were asked for"));
}
