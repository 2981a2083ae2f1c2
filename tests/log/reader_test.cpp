// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/reader.hpp"

#include "catch.hpp"
#include "log_fixture.hpp"

using namespace log_test;
using namespace std::chrono_literals;

namespace {

using Strings = std::vector<std::string>;

struct World {
  sim::Disk disk{1};
  sim::Env sim{{}, disk};
  Options options{.shards = 1, .segment_size = 400_B, .reserve = 1_B};

  Log open() { return Log::open(sim.env(), dir, options).value(); }
  Strings read(Start start, Stop stop = {}) {
    return read_shard(sim.env(), 0, start, stop).value();
  }
  Error refused(Start start) {
    auto records = read_shard(sim.env(), 0, start);
    REQUIRE_FALSE(records);
    return records.take_error();
  }
  std::vector<std::uint64_t> bases() { return segment_bases(sim.env()); }
};

Strings numbers(int from, int to) {
  Strings out;
  for (int i = from; i < to; ++i) out.push_back(std::to_string(i));
  return out;
}

}  // namespace

TEST_CASE("a reader starts at a sequence number, at the oldest or after the newest record") {
  World world;
  Log log = world.open();
  for (const auto& n : numbers(0, 100)) put(log, n);
  REQUIRE(world.bases().size() > 5);
  for (const std::uint64_t at : {0u, 1u, 37u, 99u, 100u})
    CHECK(world.read(Start::at_sequence(at)) == numbers(static_cast<int>(at), 100));
  CHECK(world.read(Start::after_sequence(49)) == numbers(50, 100));
  CHECK(world.read(Start::trim_horizon()) == numbers(0, 100));
  CHECK(world.read(Start::latest()).empty());
  const Error error = world.refused(Start::at_sequence(101));
  CHECK(error.code() == Errc::conflict);
  CHECK_THAT(error.message(), Catch::Contains("position 101 is past the end, 100"));
}

TEST_CASE("a reader starts at the first record that arrived at a time or later") {
  World world;
  Log log = world.open();
  const Timestamp begin = world.sim.env().clock.wall();
  for (int i = 0; i < 100; ++i) {
    put(log, std::to_string(i));
    if (i % 2 == 1) world.sim.run_for(1s);  // two records share each second
  }
  CHECK(world.read(Start::at_time(begin - 1h)) == numbers(0, 100));
  for (const int s : {0, 1, 17, 30, 49})
    CHECK(world.read(Start::at_time(begin + std::chrono::seconds(s))) == numbers(2 * s, 100));
  CHECK(world.read(Start::at_time(begin + 1500ms)) == numbers(4, 100));
  CHECK(world.read(Start::at_time(begin + 1h)).empty());
}

TEST_CASE("arrival times never go back when the clock does") {
  World world;
  Log log = world.open();
  put(log, "0");
  world.sim.step_wall(-1h);
  put(log, "1");
  ArenaPool arenas;
  ShardReader reader(world.sim.env(), dir, 0);
  Batch<Message> batch;
  static_cast<void>(reader.read(batch, arenas).value());
  REQUIRE(batch.size() == 2);
  CHECK(batch.time(1) == batch.time(0));
}

TEST_CASE("the index is a cache: gone, damaged or stale it is made anew") {
  World world;
  world.options.segment_size = 300_KiB;
  Log log = world.open();
  for (const auto& n : numbers(0, 600)) put(log, n + std::string(1000, 'x'));
  const std::string index = dir + "/shard-000000/" + segment_name(0).substr(0, 20) + ".idx";
  const auto good = world.disk.contents(index);
  REQUIRE(good);
  CHECK(good->size() > 80);
  const auto from = [&] { return world.read(Start::at_sequence(200)).size(); };
  CHECK(from() == 400);
  world.sim.env().fs.remove(index).value();
  CHECK(from() == 400);
  CHECK(world.disk.contents(index) == good);
  for (std::uint64_t i = 0; i < good->size(); i += 7) {
    world.disk.flip_bit(index, i, 5).value();
    REQUIRE(from() == 400);
    REQUIRE(world.disk.contents(index) == good);
  }
}

TEST_CASE("a reader stops after a count, where the log ended, or when it was sealed") {
  World world;
  Log log = world.open();
  for (const auto& n : numbers(0, 50)) put(log, n);
  CHECK(world.read(Start::at_sequence(10), Stop::after_count(7)) == numbers(10, 17));
  ArenaPool arenas;
  ShardReader reader(world.sim.env(), dir, 0, {}, Stop::end_as_found());
  reader.resolve().value();
  for (const auto& n : numbers(50, 60)) put(log, n);
  Batch<Message> batch;
  CHECK(reader.read(batch, arenas).value() == ReadStatus::more);
  CHECK(batch.size() == 50);
  CHECK(reader.read(batch, arenas).value() == ReadStatus::end);
  ShardReader sealed(world.sim.env(), dir, 0, Start::latest());
  batch.clear();
  CHECK(sealed.read(batch, arenas).value() == ReadStatus::idle);
  put(log, "60");
  log.seal().value();
  log.seal().value();
  CHECK(sealed.read(batch, arenas).value() == ReadStatus::more);
  CHECK(batch.size() == 1);
  CHECK(sealed.read(batch, arenas).value() == ReadStatus::end);
  const auto late = log.append(Record{.data = "late", .key = "k"});
  REQUIRE_FALSE(late);
  CHECK_THAT(late.error().message(), Catch::Contains("the stream was sealed at record 61"));
  CHECK(Log::open(world.sim.env(), dir).has_value());
}

TEST_CASE("what has left the retention is an error that names both offsets") {
  World world;
  world.options.retention_size = 1200_B;
  Log log = world.open();
  for (const auto& n : numbers(0, 100)) put(log, n);
  const auto bases = world.bases();
  REQUIRE(bases.front() > 0);
  CHECK(bases.size() <= 4);
  const Error error = world.refused(Start::at_sequence(0));
  CHECK(error.code() == Errc::trimmed);
  CHECK_THAT(error.message(),
             Catch::Contains("record 0 has left the retention, the oldest kept is " +
                             std::to_string(bases.front())));
  CHECK(world.read(Start::trim_horizon()) == numbers(static_cast<int>(bases.front()), 100));
}

TEST_CASE("a reader that falls behind the retention is told so") {
  World world;
  Log log = world.open();
  for (const auto& n : numbers(0, 20)) put(log, n);
  ArenaPool arenas;
  ShardReader reader(world.sim.env(), dir, 0);
  reader.resolve().value();
  world.options.retention_size = 500_B;
  Log trimming = world.open();
  for (const auto& n : numbers(20, 60)) put(trimming, n);
  Batch<Message> batch;
  const auto status = reader.read(batch, arenas);
  REQUIRE_FALSE(status);
  CHECK(status.error().code() == Errc::trimmed);
}

TEST_CASE("retention by time removes what is older, at a roll and on demand") {
  World world;
  world.options.retention_time = 1h;
  Log log = world.open();
  for (const auto& n : numbers(0, 30)) put(log, n);
  const std::size_t before = world.bases().size();
  CHECK(log.trim().value() == 0);
  world.sim.run_for(2h);
  CHECK(log.trim().value() == before - 1);
  CHECK(world.bases().size() == 1);
  CHECK(put(log, "30") == 30);
}

TEST_CASE("readers see no record before it is synced, and with durability none at once") {
  World world;
  world.options.durability = Durability::interval;
  world.options.sync_interval = 1h;
  {
    Log log = world.open();
    put(log, "0");
    CHECK(world.read({}).empty());
    log.flush().value();
    CHECK(world.read({}) == numbers(0, 1));
  }
  world.options.durability = Durability::none;
  Log log = world.open();
  put(log, "1");
  CHECK(world.read({}) == numbers(0, 2));
}

TEST_CASE("records larger than an arena are read like others") {
  World world;
  world.options.segment_size = 8_MiB;
  Log log = world.open();
  const std::string large(900 * 1024, 'L');
  put(log, "small");
  put(log, large);
  put(log, "");
  CHECK(world.read({}) == Strings{"small", large, ""});
}

TEST_CASE("a shard that is not there is named") {
  World world;
  world.open();
  ShardReader reader(world.sim.env(), dir, 5);
  const auto done = reader.resolve();
  REQUIRE_FALSE(done);
  CHECK_THAT(done.error().message(), Catch::Contains("there is no shard 5, it has 1"));
}
