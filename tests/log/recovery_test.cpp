// SPDX-License-Identifier: BSL-1.0
// Recovery, case by case: what is cut, what is refused, and what is said.
#include "catch.hpp"
#include "log_fixture.hpp"
#include "millrace/core/crc32c.hpp"

using namespace log_test;

namespace {

struct World {
  Messages messages;
  sim::Disk disk{1};
  sim::Env sim{{.logger = &messages}, disk};
  Options options{.shards = 1, .reserve = 1_B};

  Log open() { return Log::open(sim.env(), dir, options).value(); }
  Error refused() {
    auto log = Log::open(sim.env(), dir, options);
    REQUIRE_FALSE(log);
    return log.take_error();
  }
  std::string bytes(std::uint64_t base = 0) { return *disk.contents(segment_path(base)); }
  void forget_published() { sim.env().fs.remove(published_path()).value(); }
  std::vector<std::string> read() {
    open();
    return read_shard(sim.env()).value();
  }
};

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a tail that was never synced is cut, counted and reported") {
  World world;
  put(*std::make_unique<Log>(world.open()), "one");
  const std::string whole = world.bytes();
  overwrite(world.sim.env(), segment_path(0), whole + std::string(20, 'x'));
  Log log = world.open();
  CHECK(log.tails_cut() == 1);
  CHECK(world.bytes() == whole);
  REQUIRE(world.messages.lines.size() == 1);
  CHECK(world.messages.lines[0] ==
        segment_path(0) + " at offset " + std::to_string(whole.size()) +
            ": cut 20 bytes of frames that were not synced; the log goes on with record 1");
  CHECK(put(log, "two") == 1);
  CHECK(world.read() == Strings{"one", "two"});
}

TEST_CASE("zeros after the last frame are reserved room, not a torn tail") {
  World world;
  put(*std::make_unique<Log>(world.open()), "one");
  overwrite(world.sim.env(), segment_path(0), world.bytes() + std::string(5000, '\0'));
  CHECK(world.open().tails_cut() == 0);
  CHECK(world.read() == Strings{"one"});
}

TEST_CASE("records that were published as durable and are gone stop the shard") {
  World world;
  {
    Log log = world.open();
    put(log, "one");
    put(log, "two");
  }
  const std::string whole = world.bytes();
  overwrite(world.sim.env(), segment_path(0), whole.substr(0, whole.size() - 1));
  const Error error = world.refused();
  CHECK(error.code() == Errc::corrupted);
  CHECK_THAT(error.message(), Catch::Contains(segment_path(0) + " at offset ") &&
                                  Catch::Contains("records below 2 were published as durable"));
  // Without the published offset nobody can know: the tail is cut.
  world.forget_published();
  CHECK(world.read() == Strings{"one"});
}

TEST_CASE("a damaged frame below one that was written after its sync is corruption") {
  World world;
  {
    Log log = world.open();
    put(log, "one");
    put(log, "two");
    put(log, "three");
  }
  world.forget_published();
  world.disk.flip_bit(segment_path(0), segment_header_size + frame_header_size + 4, 1).value();
  const Error error = world.refused();
  CHECK(error.code() == Errc::corrupted);
  CHECK_THAT(error.message(), Catch::Contains(" at offset 48: the frame of record 0 is damaged") &&
                                  Catch::Contains("records below 2 were synced"));
}

TEST_CASE("a damaged frame is cut with what follows when nothing says that it was synced") {
  World world;
  world.options.durability = Durability::none;
  {
    Log log = world.open();
    put(log, "one");
    put(log, "two");
    put(log, "three");
    world.sim.kill();
  }
  world.forget_published();
  world.disk.flip_bit(segment_path(0), segment_header_size + frame_header_size + 4, 1).value();
  Log log = world.open();
  CHECK(log.tails_cut() == 1);
  CHECK(read_shard(world.sim.env()).value().empty());
}

TEST_CASE("the published offsets are made anew when they are gone or damaged") {
  World world;
  put(*std::make_unique<Log>(world.open()), "one");
  world.forget_published();
  CHECK(world.read() == Strings{"one"});
  overwrite(world.sim.env(), published_path(), std::string(2000, 'x'));
  auto blind = read_shard(world.sim.env());
  REQUIRE_FALSE(blind);
  CHECK_THAT(blind.error().message(), Catch::Contains("published at offset 0: no valid copy"));
  CHECK(world.read() == Strings{"one"});
}

TEST_CASE("a segment that was being made when power went is made anew") {
  World world;
  put(*std::make_unique<Log>(world.open()), "one");
  for (const std::string& torn : {std::string(), std::string(30, '\0'), std::string(48, 'x')}) {
    // The last one was sealed, the next one is a name with less than a header.
    Log log = world.open();
    overwrite(world.sim.env(), segment_path(7), torn);
    CHECK_THAT(world.refused().message(), Catch::Contains("must end with its footer"));
    world.sim.env().fs.remove(segment_path(7)).value();
  }
  world.options.segment_size = 300_B;
  {
    Log log = world.open();
    for (int i = 0; i < 6; ++i) put(log, std::string(50, 'a'));
  }
  const std::uint64_t base = segment_bases(world.sim.env()).back();
  REQUIRE(base != 0);
  world.forget_published();
  overwrite(world.sim.env(), segment_path(base), "half a head");
  CHECK(world.read().size() == base);
}

TEST_CASE("a bad header above frames is corruption, not a new segment") {
  World world;
  put(*std::make_unique<Log>(world.open()), "one");
  world.forget_published();
  world.disk.flip_bit(segment_path(0), 20, 0).value();
  CHECK_THAT(world.refused().message(),
             Catch::Contains(segment_path(0) + " at offset 0: segment header: wrong CRC"));
}

TEST_CASE("a segment of another shard, stream or place is refused") {
  World world;
  put(*std::make_unique<Log>(world.open()), "one");
  {
    Log other = Log::open(world.sim.env(), "other", {.shards = 1}).value();
    other.append(Record{.data = "theirs", .key = "k"}).value();
  }
  overwrite(world.sim.env(), segment_path(0),
            *world.disk.contents("other/shard-000000/" + segment_name(0)));
  CHECK_THAT(world.refused().message(), Catch::Contains("belongs to another shard, segment"));
}

TEST_CASE("a sealed segment without its footer and a gap between segments are named") {
  World world;
  world.options.segment_size = 300_B;
  {
    Log log = world.open();
    for (int i = 0; i < 20; ++i) put(log, std::string(50, 'a'));
  }
  const auto bases = segment_bases(world.sim.env());
  REQUIRE(bases.size() > 3);
  const std::string second = world.bytes(bases[1]);
  world.sim.env().fs.remove(segment_path(bases[1])).value();
  CHECK_THAT(world.refused().message(), Catch::Contains("the footer says that record"));
  overwrite(world.sim.env(), segment_path(bases[1]), second.substr(0, second.size() - 3));
  CHECK_THAT(world.refused().message(), Catch::Contains(segment_path(bases[1])) &&
                                            Catch::Contains("must end with its footer"));
  overwrite(world.sim.env(), segment_path(bases[1]), second);
  CHECK(world.read().size() == 20);
}

TEST_CASE("a newer format is refused with its number") {
  World world;
  world.open();
  std::string header = world.bytes().substr(0, segment_header_size);
  SegmentHeader newer = decode_segment_header(header).value();
  std::string bytes = encode(newer);
  bytes[8] = 9;
  const auto crc = mask_crc(crc32c(0, std::string_view(bytes).substr(0, 44)));
  bytes.replace(44, 4, reinterpret_cast<const char*>(&crc), 4);
  overwrite(world.sim.env(), segment_path(0), bytes);
  const Error error = world.refused();
  CHECK(error.code() == Errc::unsupported);
  CHECK_THAT(error.message(), Catch::Contains("format version 9"));
}

TEST_CASE("the stream's file is checked and never replaced while its shards are there") {
  World world;
  world.open();
  CHECK_THAT(Log::open(world.sim.env(), dir, {.shards = 4}).error().message(),
             Catch::Contains("it has 1 shards, and 4 were asked for"));
  const std::string stream = *world.disk.contents(dir + "/stream");
  for (std::uint64_t i = 0; i < stream.size(); ++i) {
    world.disk.flip_bit(dir + "/stream", i, 2).value();
    const Error error = world.refused();
    REQUIRE((error.code() == Errc::corrupted || error.code() == Errc::unsupported));
    world.disk.flip_bit(dir + "/stream", i, 2).value();
  }
  world.sim.env().fs.remove(dir + "/stream").value();
  CHECK_THAT(world.refused().message(), Catch::Contains("/stream: missing, but"));
}
