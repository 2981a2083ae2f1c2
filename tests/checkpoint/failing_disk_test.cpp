// SPDX-License-Identifier: BSL-1.0
// A disk that is full or fails: a clear error, older checkpoints as they were, and the next works.
#include <map>
#include <utility>

#include "catch.hpp"
#include "failing_fs.hpp"
#include "rig.hpp"

using namespace rig;

namespace {

using Kind = FailurePlan::Kind;

/// A job's checkpoints on a file system that fails as planned.
struct Job {
  sim::Disk disk{1};
  sim::Env env{{}, disk};
  FailurePlan plan;
  FailingFs fs{env.env().fs, plan};
  DirectoryCheckpointStore store{fs, "state"};
  std::optional<Checkpoints> open{std::in_place, store, env.env().clock, "job"};
  Checkpoints& checkpoints{*open};
  std::vector<std::string> warnings;

  /// Checkpoints 1 and 2 are there.
  Job() {
    checkpoints.begin().value();
    checkpoints.write(at(1)).value();
    checkpoints.write(at(2)).value();
  }
  // Of six groups one changes with each checkpoint, so that there is something to refer to.
  static Snapshot at(CheckpointId id) {
    return snapshot(id, 6, [&](std::uint32_t g) { return (id + 5 - g) / 6; });
  }
  void fail(Kind kind, std::uint64_t n, bool sticky) {
    plan = {.kind = kind, .at = n, .sticky = sticky};
  }
  void heal() { plan = {}; }
  /// What a new process finds; everything that is found has to be what was written.
  CheckpointId found() {
    DirectoryCheckpointStore other(env.env().fs, "state");
    Checkpoints reader(other, env.env().clock, "job");
    auto newest = reader.newest(warnings);
    if (!newest) FAIL(newest.error().message());
    REQUIRE(*newest);
    REQUIRE(same(**newest, at((*newest)->id)));
    return (*newest)->id;
  }
};

/// Calls `f(job, kind, n, sticky)` for every call n of what `count` does, until there is no n-th.
template <class Count, class F>
void at_every_call(Count count, F f) {
  Job dry;
  dry.plan = {};
  count(dry);
  const std::uint64_t calls = dry.plan.calls;
  REQUIRE(calls > 10);
  for (const Kind kind : {Kind::io, Kind::out_of_space, Kind::short_write})
    for (const bool sticky : {false, true})
      for (std::uint64_t n = 1; n <= calls; ++n) {
        INFO("kind " << static_cast<int>(kind) << (sticky ? ", sticky from" : ", at") << " call "
                     << n << " of " << calls);
        Job job;
        job.fail(kind, n, sticky);
        f(job, kind);
      }
}

}  // namespace

TEST_CASE("a write whose n-th call fails leaves the older ones, and the next write works") {
  int failed = 0;
  at_every_call([](Job& job) { job.checkpoints.write(Job::at(3)).value(); },
                [&](Job& job, Kind kind) {
                  const auto written = job.checkpoints.write(Job::at(3));
                  const bool hit = job.plan.hits != 0;
                  job.heal();
                  if (!written) {
                    REQUIRE(hit);
                    ++failed;
                    CHECK(written.error().code() ==
                          (kind == Kind::out_of_space ? Errc::out_of_space : Errc::io));
                    CHECK(written.error().message().ends_with("(planned)"));
                  }
                  const CheckpointId found = job.found();
                  CHECK((written ? found == 3 : found == 2 || found == 3));
                  CHECK(job.checkpoints.last_id() == 3);
                  job.checkpoints.write(Job::at(4)).value();
                  CHECK(job.found() == 4);
                  job.checkpoints.drop_old().value();
                  job.checkpoints.write(Job::at(5)).value();
                  job.checkpoints.drop_old().value();
                  CHECK(job.found() == 5);
                  CHECK(job.warnings.empty());
                });
  CHECK(failed > 30);
}

TEST_CASE("after a write that failed newest() says what is decided, which power loss then keeps") {
  std::map<CheckpointId, int> decided;
  int unsettled = 0;
  at_every_call([](Job& job) { job.checkpoints.write(Job::at(3)).value(); },
                [&](Job& job, Kind) {
                  const auto written = job.checkpoints.write(Job::at(3));
                  job.heal();
                  if (written) return;
                  unsettled += job.checkpoints.unsettled();
                  CheckpointId id = 2;
                  if (job.checkpoints.unsettled())
                    id = job.checkpoints.newest(job.warnings).value()->id;
                  CHECK_FALSE(job.checkpoints.unsettled());
                  ++decided[id];
                  job.env.crash();
                  CHECK(job.found() == id);
                  CHECK(job.warnings.empty());
                });
  CHECK(unsettled > 0);
  CHECK(decided[2] > 0);
  CHECK(decided[3] > 0);
}

TEST_CASE("dropping whose n-th call fails leaves what is kept, and the next one goes on") {
  int failed = 0;
  const auto drop = [](Job& job) {
    job.checkpoints.write(Job::at(3)).value();
    job.checkpoints.write(Job::at(4)).value();
    job.plan.calls = 0;
    return job.checkpoints.drop_old();
  };
  Job dry;
  drop(dry).value();
  const auto left = dry.disk.paths();
  at_every_call([&](Job& job) { drop(job).value(); },
                [&](Job& job, Kind) {
                  FailurePlan plan = std::exchange(job.plan, {});
                  job.checkpoints.write(Job::at(3)).value();
                  job.checkpoints.write(Job::at(4)).value();
                  job.plan = plan;
                  failed += !job.checkpoints.drop_old();
                  job.heal();
                  CHECK(job.found() == 4);
                  CHECK(job.checkpoints.named(3));
                  job.checkpoints.drop_old().value();
                  CHECK(job.warnings.empty());
                  // A directory without files may be left until the next start.
                  std::vector<std::string> files = job.disk.paths();
                  std::erase_if(files, [](const std::string& path) { return path.ends_with('/'); });
                  std::vector<std::string> expected = left;
                  std::erase_if(expected,
                                [](const std::string& path) { return path.ends_with('/'); });
                  CHECK(files == expected);
                });
  CHECK(failed > 10);
}

TEST_CASE("a start whose n-th call fails says so, and the next start works") {
  int failed = 0;
  const auto start = [](Job& job) {
    Checkpoints again(job.store, job.env.env().clock, "job");
    std::vector<std::string> warnings;
    if (auto begun = again.begin(); !begun) return begun.error().message();
    auto newest = again.newest(warnings);
    if (!newest) return newest.error().message();
    CHECK((*newest)->id == 2);
    CHECK(same(**newest, Job::at(2)));
    return std::string();
  };
  at_every_call(
      [&](Job& job) {
        job.open.reset();  // lets the lock go
        CHECK(start(job).empty());
      },
      [&](Job& job, Kind) {
        job.open.reset();
        const std::string error = start(job);
        if (!error.empty()) CHECK(error.ends_with("(planned)"));
        failed += !error.empty();
        job.heal();
        CHECK(start(job).empty());
      });
  CHECK(failed > 30);
}

TEST_CASE(
    "a disk that fills up at any byte of a write leaves the older ones and room for the next") {
  for (std::uint64_t room = 0; room < 14'000; room += 97) {
    INFO("room for " << room << " bytes");
    Job job;
    job.disk.set_capacity({job.disk.used().bytes + room});
    const std::uint64_t before = job.disk.used().bytes;
    const auto written = job.checkpoints.write(snapshot(3, 6));
    if (!written) {
      CHECK(written.error().code() == Errc::out_of_space);
      CHECK(job.disk.used().bytes == before);
      CHECK(job.found() == 2);
    }
    job.disk.set_capacity(1_GiB);
    job.checkpoints.write(Job::at(4)).value();
    CHECK(job.found() == 4);
  }
}

TEST_CASE("a number that a failed write has left takes no checkpoint's place among those kept") {
  at_every_call([](Job& job) { job.checkpoints.write(Job::at(3)).value(); },
                [&](Job& job, Kind) {
                  if (job.checkpoints.write(Job::at(3))) return;
                  job.heal();
                  const CheckpointId before = job.found();
                  job.checkpoints.write(Job::at(4)).value();
                  job.checkpoints.drop_old(2).value();
                  CHECK(job.checkpoints.named(before));
                  CHECK(job.checkpoints.named(4));
                });
}
