// SPDX-License-Identifier: BSL-1.0
// The files that older programs have left are read.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "jobs.hpp"
#include "rig.hpp"

using namespace jobs;
using runtime::Snapshot;

namespace {

std::string fixture(const std::string& name) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/tests/checkpoint/fixtures/" + name, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t items_of(const Snapshot& s, const std::string& step) {
  return static_cast<std::size_t>(std::ranges::count(s.items, step, &Snapshot::Item::step));
}

void put_all(CheckpointStore& store, const std::string& from,
             const std::vector<std::string>& names) {
  for (const std::string& name : names) store.put(name, fixture(from + "/" + name)).value();
}

/// Runs the windows job to its end from where it was suspended.
template <class Put>
void resume_windows(Put put) {
  sim::Env env;
  Windows job;
  const auto close_with = [&](int n) {
    job.board.shelves[0].events = events(n, 20);
    for (auto& shelf : job.board.shelves) shelf.closed = true;
  };
  DirectoryCheckpointStore store(env.env().fs, "state");
  put(store);
  job.vault.committed = {"1.1", "2.2", "3.2"};
  job.vault.next_token = 2;
  close_with(200);
  Pipeline resumed = job.make();
  REQUIRE(run(env, resumed) == "finished");
  const auto later = sorted(job.vault.visible);

  sim::Env fresh;
  Windows whole;
  whole.board = job.board;
  whole.board.read = 0;
  Pipeline pipeline = whole.make();
  REQUIRE(run(fresh, pipeline) == "finished");
  // Partition b ends at 89 s, so the windows up to 80 s had fired before the suspension.
  std::vector<Sum> expected = sorted(whole.vault.visible);
  std::erase_if(expected, [](const Sum& s) { return s.window.start < at(80s); });
  CHECK(later == expected);
}

}  // namespace

TEST_CASE("the snapshot of a windows job of format MRSNAP01 is read") {
  sim::Env env;
  rig::Process process(env, "windows");
  process.store.put("snapshot", fixture("windows.snapshot")).value();
  CHECK(process.checkpoints.begin().value() == 3);
  const auto read = process.newest();
  REQUIRE(read);
  CHECK(process.warnings.empty());
  CHECK(read->id == 2);
  CHECK(read->pipeline == "windows");
  REQUIRE(read->steps.size() == 4);
  CHECK(read->steps[2].step == "sums");
  CHECK(read->steps[2].subtasks == 2);
  CHECK(items_of(*read, "in") == 2);
  CHECK(read->items[0].state.bytes == "1:bo90");
  REQUIRE(read->prepared.size() == 1);
  CHECK(read->prepared[0].step == "out");
  CHECK(read->prepared[0].committable.bytes == "2.2");
}

TEST_CASE("the snapshot of a log's reader of format MRSNAP01 is read") {
  sim::Env env;
  rig::Process process(env, "log-reader");
  process.store.put("snapshot", fixture("log-reader.snapshot")).value();
  CHECK(process.checkpoints.begin().value() == 2);
  const auto read = process.newest();
  REQUIRE(read);
  CHECK(read->id == 1);
  CHECK(items_of(*read, "in") == 2);
  CHECK(read->items[0].state.bytes == "12:shard-000000o45");
  CHECK(read->items[1].state.bytes == "12:shard-000001o55");
  CHECK(items_of(*read, "sums") > 1);
  CHECK(read->prepared.empty());
}

TEST_CASE("an old snapshot counts as the oldest checkpoint until two newer ones are there") {
  sim::Disk disk(1);
  sim::Env env({}, disk);
  rig::Process process(env, "windows");
  process.store.put("snapshot", fixture("windows.snapshot")).value();
  process.checkpoints.begin().value();
  Snapshot next = process.newest().value();
  for (const CheckpointId id : {4, 5}) {
    CHECK(disk.contents("state/snapshot"));
    next.id = id;
    process.checkpoints.write(next).value();
    process.checkpoints.drop_old().value();
  }
  CHECK_FALSE(disk.contents("state/snapshot"));
  CHECK(process.newest_id() == 5);
}

TEST_CASE("when the only checkpoint after an old snapshot is damaged, that one is used") {
  sim::Disk disk(1);
  sim::Env env({}, disk);
  rig::Process process(env, "windows");
  process.store.put("snapshot", fixture("windows.snapshot")).value();
  process.checkpoints.begin().value();
  Snapshot next = process.newest().value();
  next.id = 4;
  process.checkpoints.write(next).value();
  disk.flip_bit("state/chk-4/MANIFEST", 50, 3).value();
  CHECK(process.newest_id() == 2);
  REQUIRE(process.warnings.size() == 1);
  CHECK(
      process.warnings[0].starts_with("checkpoint 4 is damaged and passed over: "
                                      "state/chk-4/MANIFEST, offset "));
}

TEST_CASE("an old snapshot that is damaged, of another pipeline or newer is refused") {
  const std::string good = fixture("windows.snapshot");
  const auto start = [](const std::string& bytes, const std::string& pipeline = "windows") {
    sim::Env env;
    rig::Process process(env, pipeline);
    process.store.put("snapshot", bytes).value();
    if (auto begun = process.checkpoints.begin(); !begun) return begun.error().message();
    return process.error_of_newest();
  };
  CHECK(start(good, "other")
            .find("its checkpoints are of pipeline \"windows\", this one is "
                  "\"other\"") != std::string::npos);
  std::string newer = good;
  newer.replace(6, 2, "02");
  CHECK(start(newer) == "snapshot state/snapshot: format 02 is newer than this library's, 01");
  for (std::size_t n = 0; n < good.size(); n += 7)
    CHECK(start(good.substr(0, n))
              .starts_with("state directory state: no checkpoint in it can be "
                           "used; the snapshot of an older program is damaged and "
                           "passed over: snapshot state/snapshot: "));
}

TEST_CASE("checkpoints of format 1 are read: files, references, positions and committables") {
  sim::Env env;
  rig::Process process(env);
  put_all(process.store, "format-1/groups",
          {"chk-0/MANIFEST", "chk-1/MANIFEST", "chk-1/state-0", "chk-2/MANIFEST", "chk-2/state-0"});
  CHECK(process.checkpoints.begin().value() == 3);
  for (const CheckpointId id : {1, 2})
    CHECK(rig::same(process.checkpoints.named(id).value(),
                    rig::snapshot(
                        id, 4, [&](std::uint32_t g) { return g < 2 ? 1 : id; }, 600)));
  CHECK(process.newest_id() == 2);
  CHECK(process.warnings.empty());
}

TEST_CASE("a windows job goes on from a checkpoint of format 1 as if never suspended") {
  resume_windows([](CheckpointStore& store) {
    put_all(store, "format-1/windows", {"chk-1/MANIFEST", "chk-2/MANIFEST", "chk-3/MANIFEST"});
  });
}

TEST_CASE("a windows job goes on from its old snapshot with every window as if never suspended") {
  resume_windows(
      [](CheckpointStore& store) { store.put("snapshot", fixture("windows.snapshot")).value(); });
}

TEST_CASE("a log's reader goes on from its old snapshot at its positions") {
  sim::Env env;
  LogReader job;
  log::Log log = LogReader::fill(env.env(), 0, 140);
  log.seal().value();
  DirectoryCheckpointStore(env.env().fs, "state")
      .put("snapshot", fixture("log-reader.snapshot"))
      .value();
  Pipeline resumed = job.make();
  REQUIRE(run(env, resumed) == "finished");
  CHECK(resumed.metrics().steps[0].out == 40);  // of 140, 100 were read before
  std::int64_t of_last_windows = 0;
  for (const Sum& s : job.store.values) of_last_windows += s.value;
  CHECK(of_last_windows == (90 + 139) * 50 / 2);
}
