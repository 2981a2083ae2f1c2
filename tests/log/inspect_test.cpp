// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/inspect.hpp"

#include "catch.hpp"
#include "log_fixture.hpp"

using namespace log_test;

namespace {

struct World {
  sim::Disk disk{1};
  sim::Env sim{{}, disk};
  World() {
    Log log =
        Log::open(sim.env(), dir, {.shards = 2, .segment_size = 500_B, .reserve = 1_B}).value();
    for (int i = 0; i < 60; ++i) {
      const std::string data = std::to_string(i);
      log.append(Record{.data = data, .hash_key = range_of(i % 2 == 0 ? 0 : 1, 2).first}).value();
    }
  }
  std::vector<std::string> dumped(std::optional<std::uint32_t> shard) {
    std::vector<std::string> out;
    dump(sim.env().fs, dir, shard, [&](const StoredRecord& r) {
      out.emplace_back(r.data);
      return true;
    }).value();
    return out;
  }
};

}  // namespace

TEST_CASE("dump walks every shard in order, or one of them") {
  World world;
  const auto all = world.dumped({});
  REQUIRE(all.size() == 60);
  CHECK(all[0] == "0");
  CHECK(all[29] == "58");
  CHECK(all[30] == "1");
  CHECK(world.dumped(1).size() == 30);
  CHECK_THAT(dump(world.sim.env().fs, dir, 2, {}).error().message(),
             Catch::Contains("there is no shard 2, it has 2"));
  CHECK(dump(world.sim.env().fs, "nowhere", {}, {}).error().code() == Errc::not_found);
}

TEST_CASE("dump stops when told so") {
  World world;
  const auto seen =
      dump(world.sim.env().fs, dir, {}, [](const StoredRecord& r) { return r.sequence < 4; });
  CHECK(seen.value().records == 5);
}

TEST_CASE("tail gives the last records of a shard") {
  World world;
  std::vector<std::string> out;
  const auto keep = [&](const StoredRecord& r) {
    out.emplace_back(r.data);
    return true;
  };
  CHECK(tail(world.sim.env().fs, dir, 1, 3, keep).value().records == 3);
  CHECK(out == std::vector<std::string>{"55", "57", "59"});
  CHECK(tail(world.sim.env().fs, dir, 1, 1000, keep).value().records == 30);
  CHECK_THAT(tail(world.sim.env().fs, dir, 7, 1, keep).error().message(),
             Catch::Contains("there is no shard 7"));
}

TEST_CASE("verify counts what is sound and names the first damage") {
  World world;
  const Inspection sound = verify(world.sim.env().fs, dir).value();
  CHECK(sound.records == 60);
  CHECK(sound.warnings.empty());
  const std::string path = segment_path(segment_bases(world.sim.env(), 1).at(1), 1);
  world.disk.flip_bit(path, segment_header_size + 40, 0).value();
  const auto damaged = verify(world.sim.env().fs, dir);
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().code() == Errc::corrupted);
  CHECK_THAT(damaged.error().message(), Catch::StartsWith(path + " at offset 48: the frame of"));
}

TEST_CASE("a log whose end is missing is dumped up to there, with a warning, and fails to verify") {
  World world;
  const std::string path = segment_path(segment_bases(world.sim.env(), 1).back(), 1);
  const std::string bytes = *world.disk.contents(path);
  overwrite(world.sim.env(), path, bytes.substr(0, bytes.size() - 5));
  const auto seen = dump(world.sim.env().fs, dir, {}, {});
  REQUIRE(seen);
  CHECK(seen->records == 59);
  REQUIRE(seen->warnings.size() == 1);
  CHECK_THAT(seen->warnings[0], Catch::Contains("records below 30 were published as durable"));
  CHECK_FALSE(verify(world.sim.env().fs, dir));
}

TEST_CASE("a record is one line of JSON, bytes that are no text as base64") {
  const Timestamp time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) +
                       std::chrono::seconds(86399) + Duration(1));
  CHECK(to_json({.shard = 3,
                 .sequence = 12,
                 .arrival = time,
                 .key = "k",
                 .data = "a\"\\\n\x01\xC3\xA4"}) ==
        R"({"shard":3,"sequence":12,"arrival":"2026-01-31T23:59:59.000001Z","key":"k",)"
        R"("data":"a\"\\\n\u0001)"
        "\xC3\xA4"
        R"("})");
  const auto data = [](std::string_view bytes) {
    const std::string line = to_json({.key = "", .data = bytes});
    return line.substr(line.find("\"data"));
  };
  CHECK(data("\xFF") == R"("data_base64":"/w=="})");
  CHECK(data("\xFF\xFE") == R"("data_base64":"//4="})");
  CHECK(data("\xFF\xFE\xFD") == R"("data_base64":"//79"})");
  CHECK(data("\xC0\x80") == R"("data_base64":"wIA="})");
  CHECK(data("\xED\xA0\x80") == R"("data_base64":"7aCA"})");
  CHECK(data("") == R"("data":""})");
}
