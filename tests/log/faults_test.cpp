// SPDX-License-Identifier: BSL-1.0
// A disk that is full or fails: each error is clear, nothing is acknowledged, the log goes on.
#include "catch.hpp"
#include "log_fixture.hpp"

using namespace log_test;

namespace {

struct World {
  Messages messages;
  sim::Disk disk{1};
  sim::Env sim{{.logger = &messages}, disk};
  Options options{.shards = 1, .segment_size = 2_KiB, .reserve = 512_B};
  Log open() { return Log::open(sim.env(), dir, options).value(); }
};

}  // namespace

TEST_CASE("a full disk refuses appends clearly, and they work again when there is room") {
  World world;
  Log log = world.open();
  std::vector<std::string> kept;
  world.disk.set_capacity({world.disk.used().bytes + 1500});
  Result<Ack> refused = Ack{};
  for (int i = 0; i < 100 && refused; ++i) {
    const std::string data = std::to_string(i) + std::string(50, 'x');
    refused = log.append(Record{.data = data, .key = "k"});
    if (refused) kept.push_back(data);
  }
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::out_of_space);
  CHECK_THAT(refused.error().message(), Catch::Contains("No space left on device") &&
                                            Catch::Contains("nothing of this append was written"));
  CHECK_FALSE(log.trouble(0).empty());
  CHECK_FALSE(log.append(Record{.data = "still full", .key = std::string(200, 'k')}));
  CHECK(read_shard(world.sim.env()).value() == kept);
  world.disk.set_capacity(10_MiB);
  for (int i = 0; i < 100; ++i) {
    kept.push_back("again " + std::to_string(i));
    REQUIRE(put(log, kept.back()) == kept.size() - 1);
  }
  CHECK(log.trouble(0).empty());
  CHECK(read_shard(world.sim.env()).value() == kept);
}

TEST_CASE("a failed sync acknowledges nothing, is reported, and is recovered from") {
  World world;
  Log log = world.open();
  put(log, "before");
  world.disk.inject({.call = sim::FileCall::sync, .at_call = 1, .path_contains = ".seg"});
  const auto refused = log.append(Record{.data = "lost", .key = "k"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::io);
  CHECK_THAT(log.trouble(0), Catch::Contains("sync log/shard-000000/"));
  REQUIRE(world.messages.lines.size() == 1);
  CHECK_THAT(world.messages.lines[0], Catch::Contains("log/shard-000000 is unhealthy") &&
                                          Catch::Contains("records from 1 on were not"));
  CHECK(read_shard(world.sim.env()).value() == std::vector<std::string>{"before"});
  CHECK(put(log, "after") == 1);
  CHECK(log.trouble(0).empty());
  world.sim.crash();
  world.open();
  CHECK(read_shard(world.sim.env()).value() == std::vector<std::string>{"before", "after"});
}

TEST_CASE("after a failed sync another process does not trust the bytes that it left") {
  World world;
  Log first = world.open();
  Log second = world.open();
  put(first, "before");
  world.disk.inject({.call = sim::FileCall::sync, .at_call = 1, .path_contains = ".seg"});
  REQUIRE_FALSE(first.append(Record{.data = "lost", .key = "k"}));
  CHECK(put(second, "after") == 1);
  world.sim.crash();
  world.open();
  CHECK(read_shard(world.sim.env()).value() == std::vector<std::string>{"before", "after"});
}

TEST_CASE("any call that fails once fails one append at most, and no acknowledged record is lost") {
  const sim::FileCall calls[] = {
      sim::FileCall::open,          sim::FileCall::read,     sim::FileCall::write,
      sim::FileCall::sync,          sim::FileCall::truncate, sim::FileCall::allocate,
      sim::FileCall::list,          sim::FileCall::remove,   sim::FileCall::make_directories,
      sim::FileCall::sync_directory};
  const sim::FileFault faults[] = {sim::FileFault::io, sim::FileFault::out_of_space,
                                   sim::FileFault::partial};
  for (const auto call : calls)
    for (const auto fault : faults)
      for (std::uint64_t at = 1; at <= 40; ++at) {
        INFO("call " << static_cast<int>(call) << " fault " << static_cast<int>(fault) << " at "
                     << at);
        World world;
        world.options.retention_size = 3_KiB;
        std::vector<std::string> kept;
        {
          Log log = world.open();
          world.disk.inject({.call = call, .fault = fault, .at_call = at});
          int failed = 0;
          for (int i = 0; i < 60; ++i) {
            const std::string data = std::to_string(i) + std::string(60, 'x');
            const auto ack = log.append(Record{.data = data, .key = "k"});
            if (!ack) {
              ++failed;
              REQUIRE((ack.error().code() == Errc::io || ack.error().code() == Errc::out_of_space));
            } else {
              // A record that failed may have been appended after all.
              kept.resize(ack->sequence + 1);
              kept[ack->sequence] = data;
            }
          }
          REQUIRE(failed <= 1);
          world.sim.crash();
          world.disk.heal();
        }
        world.open();
        const std::uint64_t first = segment_bases(world.sim.env()).front();
        const auto all = read_shard(world.sim.env()).value();
        for (std::uint64_t i = first; i < kept.size(); ++i) {
          if (kept[i].empty()) continue;
          REQUIRE(i - first < all.size());
          REQUIRE(all[i - first] == kept[i]);
        }
      }
}

TEST_CASE("records that are too large, or keys that are too long, are refused before anything") {
  World world;
  Log log = world.open();
  const std::string large(1 << 20, 'x');
  const auto size = log.append(Record{.data = large, .key = "k"});
  REQUIRE_FALSE(size);
  CHECK(size.error().code() == Errc::invalid_input);
  CHECK_THAT(size.error().message(), Catch::Contains("record 0 has 1048577 bytes of data and key"));
  std::string long_key;
  for (int i = 0; i < 257; ++i) long_key += "\xC3\xA4";
  const auto key = log.append(Record{.data = "x", .key = long_key});
  REQUIRE_FALSE(key);
  CHECK_THAT(key.error().message(), Catch::Contains("partition key of 257 characters"));
  CHECK(log.append(Record{.data = "x", .key = long_key.substr(2)}).has_value());
  Record records[2] = {{.data = "a", .key = "k"}, {.data = "b", .key = "k"}};
  Ack acks[1];
  CHECK_THAT(log.append(records, acks).error().message(),
             Catch::Contains("2 records and room for 1 acks"));
  CHECK_THAT(Log::open(world.sim.env(), "x", {.shards = 20'000}).error().message(),
             Catch::Contains("20000 shards; at most 10000"));
  CHECK_THAT(
      Log::open(world.sim.env(), "x", {.shards = 1, .record_limit = 1_GiB}).error().message(),
      Catch::Contains("record_limit may be 64 MiB at most"));
}
