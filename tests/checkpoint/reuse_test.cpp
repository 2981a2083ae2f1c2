// SPDX-License-Identifier: BSL-1.0
// What did not change is not written again, and lives as long as it is needed.
#include <map>

#include "catch.hpp"
#include "rig.hpp"

using namespace rig;

namespace {

constexpr std::uint64_t item_size = 700;

std::uint64_t stored(const sim::Disk& disk) {
  std::uint64_t bytes = 0;
  for (const std::string& path : disk.paths())
    if (path.find("/state-") != std::string::npos) bytes += disk.contents(path)->size();
  return bytes;
}

/// Groups whose state changes as a test says.
struct Groups {
  explicit Groups(std::uint32_t n) : version(n, 1) {}
  std::vector<std::uint64_t> version;
  Snapshot at(CheckpointId id) const {
    return snapshot(
        id, static_cast<std::uint32_t>(version.size()), [&](std::uint32_t g) { return version[g]; },
        item_size);
  }
};

}  // namespace

TEST_CASE("groups that did not change are referred to, whatever subtask they are on") {
  sim::Env env;
  Process process(env);
  process.checkpoints.begin().value();
  Groups groups(100);
  CHECK(process.checkpoints.write(groups.at(1)).value().bytes_written > 100 * item_size);
  groups.version[7] = 2;
  Snapshot second = groups.at(2);
  for (auto& item : second.items) item.subtask = 0;
  std::swap(second.items[3], second.items[60]);
  const CheckpointStats stats = process.checkpoints.write(second).value();
  CHECK(stats.files == 1);
  CHECK(stats.bytes_referenced == 99 * item_size);
  CHECK(stats.bytes_written < 3 * item_size + 100 * 60);  // its group and the manifest
  CHECK(same(*process.newest(), second));
}

TEST_CASE("a checkpoint in which nothing changed writes no state file") {
  sim::Env env;
  Process process(env);
  process.checkpoints.begin().value();
  const Groups groups(10);
  process.checkpoints.write(groups.at(1)).value();
  const CheckpointStats stats = process.checkpoints.write(groups.at(2)).value();
  CHECK(stats.files == 0);
  CHECK(stats.bytes_referenced == 10 * item_size);
  CHECK(same(*process.newest(), groups.at(2)));
}

TEST_CASE("after a restart checkpoints go on referring to what is there") {
  sim::Env env;
  Groups groups(50);
  {
    Process process(env);
    process.checkpoints.begin().value();
    process.checkpoints.write(groups.at(1)).value();
    groups.version[0] = 2;
    process.checkpoints.write(groups.at(2)).value();
  }
  Process process(env);
  process.checkpoints.begin().value();
  REQUIRE(process.newest_id() == 2);
  groups.version[1] = 4;
  const CheckpointStats stats = process.checkpoints.write(groups.at(4)).value();
  CHECK(stats.bytes_referenced == 49 * item_size);
  CHECK(same(*process.newest(), groups.at(4)));
}

TEST_CASE("a file of which less than a third is needed is written anew and let go") {
  sim::Disk disk(1);
  sim::Env env({}, disk);
  Process process(env);
  process.checkpoints.begin().value();
  Groups groups(9);
  process.checkpoints.write(groups.at(1)).value();
  for (std::uint32_t g = 0; g < 6; ++g) groups.version[g] = 2;  // 3 of 9 are left
  CHECK(process.checkpoints.write(groups.at(2)).value().bytes_referenced == 3 * item_size);
  groups.version[6] = 3;  // 2 of 9
  CHECK(process.checkpoints.write(groups.at(3)).value().bytes_referenced == 6 * item_size);
  process.checkpoints.write(groups.at(4)).value();
  process.checkpoints.drop_old().value();
  CHECK_FALSE(disk.contents("state/chk-1/state-0"));
  CHECK(disk.contents("state/chk-2/state-0"));
  CHECK(same(*process.newest(), groups.at(4)));
}

TEST_CASE("a file that is hardly needed but can't be read stays, for a start to tell of") {
  sim::Env env;
  Process process(env);
  process.checkpoints.begin().value();
  Groups groups(9);
  process.checkpoints.write(groups.at(1)).value();
  for (std::uint32_t g = 0; g < 8; ++g) groups.version[g] = 2;  // 1 of 9 is left
  std::string bytes = process.store.get("chk-1/state-0", 1_MiB).value();
  SECTION("it has gone") {
    process.store.remove("chk-1/state-0").value();
    process.checkpoints.write(groups.at(2)).value();
    CHECK(process.error_of_newest().find("chk-1/state-0") != std::string::npos);
  }
  SECTION("what is needed of it is damaged") {
    bytes.back() ^= 1;
    process.store.put("chk-1/state-0", bytes).value();
    process.checkpoints.write(groups.at(2)).value();
    CHECK(process.error_of_newest().find("chk-1/state-0") != std::string::npos);
  }
  SECTION("what is not needed of it is damaged") {
    bytes[100] ^= 1;
    process.store.put("chk-1/state-0", bytes).value();
    process.checkpoints.write(groups.at(2)).value();
    process.store.remove("chk-1/state-0").value();
    CHECK(same(*process.newest(), groups.at(2)));
  }
}

TEST_CASE("over many checkpoints all that are kept are whole, and what is stored stays bounded") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    sim::Disk disk(seed);
    sim::Env env({.seed = seed}, disk);
    Groups groups(40);
    std::map<CheckpointId, Snapshot> written;
    for (int life = 0; life < 4; ++life) {
      Process process(env);
      process.checkpoints.begin().value();
      if (life > 0) REQUIRE(process.newest_id() == written.rbegin()->first);
      for (int i = 0; i < 20; ++i) {
        const CheckpointId id = process.checkpoints.last_id() + 1 + rng.below(2);
        for (std::uint64_t n = rng.below(8); n != 0; --n) groups.version[rng.below(40)] = id;
        const CheckpointStats stats = process.checkpoints.write(groups.at(id)).value();
        CHECK(stats.bytes_referenced + stats.bytes_written >= 40 * item_size);
        written[id] = groups.at(id);
        const auto keep = static_cast<unsigned>(1 + rng.below(4));
        process.checkpoints.drop_old(keep).value();
        while (written.size() > keep) written.erase(written.begin());
        for (const auto& [kept, contents] : written)
          CHECK(same(process.checkpoints.named(kept).value(), contents));
        REQUIRE(process.newest_id() == id);
        // Each file that the newest refers to is a third alive; the others' have few bytes.
        CHECK(stored(disk) < 3 * 40 * item_size + 4 * 8 * item_size + 40'000);
      }
    }
  }
}

TEST_CASE("dropping removes numbers that hold no checkpoint, and what unfinished ones left") {
  sim::Disk disk(1);
  sim::Env env({}, disk);
  Process process(env);
  process.store.put("chk-5/state-0", "of a process that died").value();
  process.checkpoints.begin().value();
  CHECK(process.checkpoints.last_id() == 6);
  Groups groups(3);
  for (const CheckpointId id : {8, 12, 13}) {
    groups.version[0] = id;
    process.checkpoints.write(groups.at(id)).value();
    process.checkpoints.drop_old().value();
  }
  CHECK(process.store.list("").value() ==
        std::vector<std::string>{"chk-12/MANIFEST", "chk-12/state-0", "chk-13/MANIFEST",
                                 "chk-13/state-0", "chk-8/state-0"});
}

TEST_CASE("dropping before this start has written anything leaves all that is there") {
  sim::Env env;
  {
    Process process(env);
    process.checkpoints.begin().value();
    for (CheckpointId id = 1; id <= 3; ++id) process.checkpoints.write(snapshot(id)).value();
  }
  Process process(env);
  process.checkpoints.begin().value();
  process.newest();
  const auto before = process.store.list("").value();
  process.checkpoints.drop_old(1).value();
  CHECK(process.store.list("").value() == before);
}
