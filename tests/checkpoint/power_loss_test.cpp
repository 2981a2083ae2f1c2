// SPDX-License-Identifier: BSL-1.0
// Power loss before every call that changes the disk: the newest decided checkpoint is there whole.
#include "catch.hpp"
#include "rig.hpp"
#include "store/crashing_fs.hpp"

using namespace rig;

namespace {

Snapshot at(CheckpointId id) {
  return snapshot(
      id, 5, [&](std::uint32_t g) { return (id + 4 - g) / 5; }, 700);
}

/// What a run has decided by the time the power goes.
struct Run {
  CheckpointId decided = 0;  // the last one that write() said is written
  CheckpointId begun = 0;    // the last one that write() was called for
};

/// A process goes on from what is there and writes a few checkpoints, until the power goes.
void live(sim::Env& env, CrashPoint& point, Run& run) {
  CrashingFs fs(env.env().fs, point);
  DirectoryCheckpointStore store(fs, "state");
  Checkpoints checkpoints(store, env.env().clock, "job");
  std::vector<std::string> warnings;
  checkpoints.begin().value();
  const auto newest = checkpoints.newest(warnings).value();
  if (!warnings.empty()) FAIL(warnings[0]);
  const CheckpointId found = newest ? newest->id : 0;
  // One whose write() was cut short may be there or not.
  REQUIRE((found == run.decided || found == run.begun));
  if (newest) REQUIRE(same(*newest, at(found)));
  run.decided = run.begun = found;
  for (int i = 0; i < 4; ++i) {
    run.begun = checkpoints.last_id() + 1;
    checkpoints.write(at(run.begun)).value();
    run.decided = run.begun;
    checkpoints.drop_old().value();
  }
}

/// Says whether the power went.
bool live_until(sim::Env& env, std::uint64_t calls, Run& run) {
  CrashPoint point;
  point.set(calls);
  try {
    live(env, point, run);
    return false;
  } catch (const PowerLoss&) {
    return true;
  }
}

/// False when the process made fewer calls than that.
bool lose_power_at(std::uint64_t calls, std::uint64_t seed, sim::DiskModel model, bool kill) {
  INFO("call " << calls << ", seed " << seed << ", model " << static_cast<int>(model)
               << (kill ? ", killed" : ""));
  sim::Disk disk(seed, {.model = model});
  sim::Env env({.seed = seed}, disk);
  Run run;
  REQUIRE_FALSE(live_until(env, 0, run));
  if (!live_until(env, calls, run)) return false;
  kill ? env.kill() : env.crash();
  // And again while it recovers, in the midst of its first writes.
  SeededRng rng(seed * 1000 + calls);
  if (live_until(env, 1 + rng.below(40), run)) env.crash();
  REQUIRE_FALSE(live_until(env, 0, run));
  // Five groups, and two checkpoints between which one of them changed.
  std::size_t state_files = 0;
  for (const std::string& path : disk.paths()) {
    INFO(path);
    CHECK((!path.starts_with("state/.tmp/") || path == "state/.tmp/"));
    state_files += path.find("/state-") != std::string::npos;
  }
  CHECK(state_files <= 6);
  return true;
}

}  // namespace

TEST_CASE("power loss at any call leaves the newest decided checkpoint whole, in both models") {
  for (const auto model : {sim::DiskModel::strict, sim::DiskModel::ext4})
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      std::uint64_t call = 1;
      while (lose_power_at(call, seed, model, false)) ++call;
      CHECK(call > 90);
    }
}

TEST_CASE(
    "a kill at any call leaves the newest decided checkpoint whole, also if power goes later") {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    std::uint64_t call = 1;
    while (lose_power_at(call, seed, sim::DiskModel::strict, true)) ++call;
    CHECK(call > 90);
  }
}
