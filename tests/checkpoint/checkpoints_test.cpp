// SPDX-License-Identifier: BSL-1.0
#include <map>

#include "catch.hpp"
#include "rig.hpp"

using namespace rig;

TEST_CASE("a checkpoint is read as it was written") {
  sim::Env env;
  Process process(env);
  CHECK(process.checkpoints.begin().value() == 0);
  CHECK_FALSE(process.newest());
  CHECK(process.checkpoints.last_id() == 0);
  const Snapshot written = snapshot(1);
  const CheckpointStats stats = process.checkpoints.write(written).value();
  CHECK(stats.files == 1);
  CHECK(stats.bytes_written > 3 * 2000);
  CHECK(stats.bytes_referenced == 0);
  CHECK(process.checkpoints.last_id() == 1);
  const auto read = process.newest();
  REQUIRE(read);
  CHECK(same(*read, written));
  CHECK(process.warnings.empty());
}

TEST_CASE("a checkpoint without any state, one with empty state, and one of 20 MiB are read back") {
  sim::Env env;
  Process process(env);
  process.checkpoints.begin().value();
  Snapshot none{.id = 1, .pipeline = "job"};
  process.checkpoints.write(none).value();
  CHECK(same(*process.newest(), none));
  Snapshot empty{.id = 2, .pipeline = "job", .steps = {{"a", 1, "map", ""}}};
  empty.items.push_back({"a", 0, {0, ""}});
  empty.prepared.push_back({"a", 0, {""}});
  process.checkpoints.write(empty).value();
  CHECK(same(*process.newest(), empty));
  Snapshot large{.id = 3, .pipeline = "job", .steps = {{"a", 1, "map", ""}}};
  for (const std::size_t mib : {9, 5, 5, 1})
    large.items.push_back(
        {"a", 0, {0, std::string(mib << 20, static_cast<char>('a' + large.items.size()))}});
  CHECK(process.checkpoints.write(large).value().files == 3);
  CHECK(same(*process.newest(), large));
}

TEST_CASE("each start takes a number of its own, so that none is used twice") {
  sim::Env env;
  for (std::uint64_t epoch : {0, 3, 6}) {
    Process process(env);
    CHECK(process.checkpoints.begin().value() == epoch);
    CHECK(process.checkpoints.last_id() == epoch);
    CHECK(process.newest_id() == (epoch == 0 ? 0 : epoch - 1));
    process.checkpoints.write(snapshot(epoch + 1)).value();
    process.checkpoints.write(snapshot(epoch + 2)).value();
  }
}

TEST_CASE("a number that is not above the last one is refused") {
  sim::Env env;
  Process process(env);
  CHECK(error_text(process.checkpoints.write(snapshot(1))) ==
        "checkpoint 1: written before begin()");
  process.checkpoints.begin().value();
  process.checkpoints.write(snapshot(4)).value();
  for (const CheckpointId id : {0, 1, 4})
    CHECK(error_text(process.checkpoints.write(snapshot(id))) ==
          "checkpoint " + std::to_string(id) + ": the last number was 4");
  CHECK(process.newest_id() == 4);
}

TEST_CASE("state of a step that the checkpoint does not list is refused, and nothing is left") {
  sim::Disk disk(1);
  sim::Env env({}, disk);
  Process process(env);
  process.checkpoints.begin().value();
  const auto before = disk.paths();
  Snapshot bad = snapshot(1);
  bad.items.push_back({"gone", 0, {0, "x"}});
  CHECK(error_text(process.checkpoints.write(bad)) ==
        "checkpoint 1 has something of step \"gone\", which is not among its steps");
  CHECK(disk.paths() == before);
}

TEST_CASE("items that are given one at a time are written beside those of the snapshot") {
  sim::Env env;
  Process process(env);
  process.checkpoints.begin().value();
  const Snapshot whole = snapshot(1, 40);
  Snapshot begun = whole;
  begun.items.resize(10);
  const auto rest = [&](const runtime::TakeItem& take) {
    for (std::size_t i = 10; i < whole.items.size(); ++i) take(whole.items[i]);
  };
  const CheckpointStats stats = process.checkpoints.write(begun, rest).value();
  CHECK(stats.bytes > 40 * 2000);
  CHECK(same(*process.newest(), whole));
}

TEST_CASE("of items that are given one at a time only the last ones are still in memory") {
  sim::Env env;
  Process process(env);
  process.checkpoints.begin().value();
  const auto state_files = [&] {
    return std::ranges::count_if(process.store.list("chk-1/").value(), [](const std::string& name) {
      return name.starts_with("chk-1/state-");
    });
  };
  const auto give = [&](const runtime::TakeItem& take) {
    for (std::uint32_t group = 0; group < 6; ++group) {
      CHECK(state_files() >= static_cast<long>(group) - 1);
      take({"sums", 0, {group, std::string(9 << 20, static_cast<char>('a' + group))}});
    }
  };
  process.checkpoints.write(snapshot(1, 0), give).value();
  CHECK(state_files() == 6);
}

TEST_CASE("what fails as items are given fails the checkpoint, and nothing is left of it") {
  sim::Disk disk(1);
  sim::Env env({}, disk);
  Process process(env);
  process.checkpoints.begin().value();
  const auto before = disk.paths();
  const auto fail = [](const runtime::TakeItem& take) {
    for (int i = 0; i < 3; ++i) take({"sums", 0, {0, std::string(5 << 20, static_cast<char>(i))}});
    throw Failure({Errc::io, "the rows can't be read"});
  };
  CHECK(error_text(process.checkpoints.write(snapshot(1), fail)) == "the rows can't be read");
  CHECK(disk.paths() == before);
  process.checkpoints.write(snapshot(2)).value();
  CHECK(process.newest_id() == 2);
}

TEST_CASE("items that are left where they lie are the same ones, and given one at a time") {
  sim::Env env;
  Process process(env);
  process.checkpoints.begin().value();
  const Snapshot whole = snapshot(1, 40);
  process.checkpoints.write(whole).value();
  Snapshot left = process.checkpoints.named(1, Checkpoints::Items::left).value();
  CHECK(left.items.empty());
  REQUIRE(left.stored);
  SECTION("all of them") {
    std::map<std::pair<std::string, std::uint32_t>, std::string> given, wanted;
    for (const auto& item : whole.items) wanted[{item.step, item.state.group}] = item.state.bytes;
    left.stored
        ->each([&](const Snapshot::Item& item) {
          given[{item.step, item.state.group}] = item.state.bytes;
          return Result<void>();
        })
        .value();
    CHECK(given == wanted);
  }
  SECTION("until one is refused") {
    int given = 0;
    const auto refuse = [&](const Snapshot::Item&) -> Result<void> {
      if (++given < 3) return {};
      return Error(Errc::unsupported, "no more");
    };
    CHECK(error_text(left.stored->each(refuse)) == "no more");
    CHECK(given == 3);
  }
  SECTION("but not when they have been damaged since") {
    std::string bytes = process.store.get("chk-1/state-0", 1_MiB).value();
    bytes[1000] ^= 1;
    process.store.put("chk-1/state-0", bytes).value();
    const auto take = [](const Snapshot::Item&) { return Result<void>(); };
    CHECK(error_text(left.stored->each(take)).starts_with("state/chk-1/state-0, offset "));
  }
}

TEST_CASE("another pipeline's checkpoints are refused, and left alone") {
  sim::Disk disk(1);
  sim::Env env({}, disk);
  {
    Process process(env);
    process.checkpoints.begin().value();
    process.checkpoints.write(snapshot(1)).value();
  }
  const auto before = disk.paths();
  Process other(env, "other");
  CHECK(error_text(other.checkpoints.begin()) ==
        "state directory state: its checkpoints are of pipeline \"job\", this one is \"other\"; "
        "give this one a directory of its own");
  CHECK(disk.paths() == before);
  Process again(env);
  CHECK(again.checkpoints.begin().value() == 2);
}

TEST_CASE(
    "a restart from a named checkpoint gets that one, and the later ones go once it is left") {
  sim::Env env;
  {
    Process process(env);
    process.checkpoints.begin().value();
    for (CheckpointId id = 1; id <= 4; ++id) process.checkpoints.write(snapshot(id)).value();
  }
  Process process(env);
  process.checkpoints.begin().value();
  CHECK(same(process.checkpoints.named(2).value(), snapshot(2)));
  CHECK(error_text(process.checkpoints.named(9)) ==
        "state directory state: there is no checkpoint 9; millrace checkpoint ls state shows those "
        "that are");
  CHECK(error_text(process.checkpoints.named(5)).find("there is no checkpoint 5") !=
        std::string::npos);  // a start has it
  CHECK(process.checkpoints.drop_old());
  CHECK(process.newest_id() == 4);  // nothing has been decided yet
  CHECK(same(process.checkpoints.named(2).value(), snapshot(2)));
  process.checkpoints.write(snapshot(6)).value();
  CHECK(process.checkpoints.drop_old());
  for (const CheckpointId gone : {1, 3, 4}) CHECK_FALSE(process.checkpoints.named(gone));
  CHECK(process.checkpoints.named(2));
  CHECK(process.newest_id() == 6);
}
