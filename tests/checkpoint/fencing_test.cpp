// SPDX-License-Identifier: BSL-1.0
// Two processes on one pipeline's checkpoints: who began first can't decide anything any more.
#include <functional>

#include "catch.hpp"
#include "millrace/runtime/object_checkpoint_store.hpp"
#include "millrace/store/directory.hpp"
#include "rig.hpp"

using namespace rig;

namespace {

/// A store without a lock, that calls something before its n-th call.
class Interrupted final : public CheckpointStore {
 public:
  explicit Interrupted(Fs& fs) : store_(fs, "state") {}
  void before_call(std::uint64_t n, std::function<void()> f) { left_ = n, f_ = std::move(f); }
  std::uint64_t calls = 0;

  Result<void> put(const std::string& name, std::string_view bytes) override {
    return count(), store_.put(name, bytes);
  }
  Result<void> put_new(const std::string& name, std::string_view bytes) override {
    return count(), store_.put_new(name, bytes);
  }
  Result<std::string> get(const std::string& name, ByteSize limit) override {
    return count(), store_.get(name, limit);
  }
  Result<std::vector<std::string>> list(const std::string& prefix) override {
    return count(), store_.list(prefix);
  }
  Result<void> remove(const std::string& name) override { return count(), store_.remove(name); }
  std::string where() const override { return store_.where(); }

 private:
  void count() {
    ++calls;
    if (left_ != 0 && --left_ == 0) f_();
  }
  DirectoryCheckpointStore store_;
  std::uint64_t left_ = 0;
  std::function<void()> f_;
};

Snapshot at(CheckpointId id) {
  return snapshot(
      id, 4, [&](std::uint32_t g) { return (id + 3 - g) / 4; }, 600);
}

struct Writer {
  explicit Writer(sim::Env& env)
      : store(env.env().fs), checkpoints(store, env.env().clock, "job") {}
  CheckpointId newest() {
    auto found = checkpoints.newest(warnings).value();
    if (!found) return 0;
    REQUIRE(same(*found, at(found->id)));
    return found->id;
  }
  /// A pipeline's way from its start to its next checkpoint; says which one it went on from.
  CheckpointId start_and_write() {
    checkpoints.begin().value();
    const CheckpointId from = newest();
    checkpoints.write(at(checkpoints.last_id() + 1)).value();
    checkpoints.drop_old().value();
    return from;
  }
  Interrupted store;
  Checkpoints checkpoints;
  std::vector<std::string> warnings;
};

}  // namespace

TEST_CASE("a number that is taken is not said to be another process's while it can't be read") {
  sim::Env env;
  Writer writer(env);
  CHECK(writer.start_and_write() == 0);
  const CheckpointId next = writer.checkpoints.last_id() + 1;
  // It is there, but the process was not told so.
  env.disk().inject({.call = sim::FileCall::sync_directory,
                     .fault = sim::FileFault::io,
                     .at_call = 2,  // the state's, then the manifest's
                     .path_contains = "chk-"});
  CHECK(writer.checkpoints.write(at(next)).error().code() == Errc::io);
  env.disk().heal();
  env.disk().inject({.call = sim::FileCall::read,
                     .fault = sim::FileFault::io,
                     .probability = 1,
                     .path_contains = "MANIFEST"});
  CHECK(writer.checkpoints.write(at(next + 1)).error().code() == Errc::io);
  env.disk().heal();
  CHECK(writer.checkpoints.write(at(next + 2)));
}

TEST_CASE("checkpoints are not dropped for one that may not be durable") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    sim::Env env({.seed = seed});
    {
      Writer writer(env);
      writer.start_and_write();
      const CheckpointId next = writer.checkpoints.last_id() + 1;
      writer.checkpoints.write(at(next)).value();
      env.disk().inject({.call = sim::FileCall::sync_directory,
                         .fault = sim::FileFault::io,
                         .at_call = 2,  // the state's, then the manifest's
                         .path_contains = "chk-"});
      CHECK_FALSE(writer.checkpoints.write(at(next + 1)));
      env.disk().heal();
      writer.checkpoints.write(at(next + 2)).value();
      writer.checkpoints.drop_old(2).value();
    }
    env.crash();
    Writer after(env);
    std::size_t restorable = 0;
    for (CheckpointId id = 1; id < 10; ++id) restorable += bool(after.checkpoints.named(id));
    CHECK(restorable == 2);
  }
}

TEST_CASE("a directory keeps the second process out, and says who has it") {
  sim::Env env;
  Process first(env);
  first.checkpoints.begin().value();
  Process second(env);
  const auto refused = second.checkpoints.begin();
  REQUIRE_FALSE(refused);
  CHECK(refused.error() ==
        Error(Errc::conflict,
              "state directory state: pipeline \"job\", started 2020-01-01T00:00:00Z, runs on it; "
              "stop that one, or give this one a directory of its own"));
}

TEST_CASE("without a lock the second process overtakes the first, whose next write says by whom") {
  sim::Env env;
  Writer first(env);
  first.start_and_write();
  Writer second(env);
  CHECK(second.checkpoints.begin().value() == 2);
  const auto refused = first.checkpoints.write(at(2));
  REQUIRE_FALSE(refused);
  CHECK(refused.error() ==
        Error(Errc::conflict,
              "checkpoint 2 of pipeline \"job\": another process has taken over state, in epoch 2 "
              "at 2020-01-01T00:00:00Z; this one, of epoch 0, has to end"));
  CHECK_FALSE(first.checkpoints.unsettled());
  CHECK(second.newest() == 1);
  CHECK(error_text(first.checkpoints.write(at(3))) ==
        "checkpoint 2 of pipeline \"job\": another process has taken over state, in epoch 2 at "
        "2020-01-01T00:00:00Z; this one, of epoch 0, has to end");
  second.checkpoints.write(at(3)).value();
  CHECK(second.newest() == 3);
  CHECK(error_text(first.checkpoints.write(at(4))).find("in epoch 2 at") != std::string::npos);
}

TEST_CASE("whatever moment a second process starts in, it has seen all that the first decides") {
  std::uint64_t calls = 0;
  {
    sim::Env env;
    Writer writer(env);
    writer.start_and_write();
    const std::uint64_t before = writer.store.calls;
    for (const CheckpointId id : {2, 3, 4, 5, 6, 7}) {
      writer.checkpoints.write(at(id)).value();
      writer.checkpoints.drop_old().value();
    }
    calls = writer.store.calls - before;
  }
  REQUIRE(calls > 20);
  int overtaken = 0;
  for (std::uint64_t n = 1; n <= calls; ++n) {
    INFO("second process before call " << n << " of " << calls);
    sim::Env env;
    Writer first(env);
    first.start_and_write();
    Writer second(env);
    std::optional<CheckpointId> from;
    first.store.before_call(n, [&] { from = second.start_and_write(); });
    CheckpointId decided = 1;
    std::string error;
    for (const CheckpointId id : {2, 3, 4, 5, 6, 7}) {
      if (const auto written = first.checkpoints.write(at(id)); !written) {
        error = written.error().message();
        break;
      }
      decided = id;
      if (!first.checkpoints.drop_old()) break;
    }
    REQUIRE(from);
    CHECK(decided == *from);
    if (decided < 7) {  // else it came when the last one had been decided
      ++overtaken;
      CHECK(error.find("another process has taken over") != std::string::npos);
    }
    // Nothing of the first one's end has harmed the second.
    CHECK(second.newest() == second.checkpoints.last_id());
    second.checkpoints.write(at(second.checkpoints.last_id() + 1)).value();
    second.checkpoints.drop_old().value();
    CHECK(second.newest() == second.checkpoints.last_id());
    CHECK(second.warnings.empty());
  }
  CHECK(overtaken > 10);
}

TEST_CASE("of two processes that start at once each gets an epoch of its own") {
  std::uint64_t calls = 0;
  {
    sim::Env env;
    Writer writer(env);
    writer.checkpoints.begin().value();
    calls = writer.store.calls;
  }
  for (std::uint64_t n = 1; n <= calls; ++n) {
    sim::Env env;
    Writer first(env);
    Writer second(env);
    std::uint64_t other = 99;
    first.store.before_call(n, [&] { other = second.checkpoints.begin().value(); });
    const std::uint64_t mine = first.checkpoints.begin().value();
    CHECK(other == 0);
    CHECK(mine == 1);
    CHECK(first.checkpoints.write(at(first.checkpoints.last_id() + 1)));
    CHECK_FALSE(second.checkpoints.write(at(1)));
  }
}

TEST_CASE("checkpoints live in an object store as in a directory") {
  sim::Env env;
  auto objects = store::Directory::open(env.env(), "/objects").value();
  ObjectCheckpointStore<store::Directory> store(objects, "jobs/bank/", "/objects/jobs/bank");
  Checkpoints first(store, env.env().clock, "job");
  std::vector<std::string> warnings;
  first.begin().value();
  for (CheckpointId id = 1; id <= 5; ++id) {
    first.write(at(id)).value();
    first.drop_old().value();
  }
  Checkpoints second(store, env.env().clock, "job");
  CHECK(second.begin().value() == 6);
  CHECK(same(second.newest(warnings).value().value(), at(5)));
  CHECK(error_text(first.write(at(6))).find("another process has taken over /objects/jobs/bank") !=
        std::string::npos);
  second.write(at(7)).value();
  second.drop_old().value();
  CHECK(same(second.newest(warnings).value().value(), at(7)));
  CHECK(warnings.empty());
}
