// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

/// A two-phase sink whose commit takes its time, so that a start lingers in its restore phase.
struct Slow {
  Safe<Event> safe;
  const Duration* commit_takes;
  Task<> write(const Batch<Event>& batch, Context& cx) { return safe.write(batch, cx); }
  Task<Committable> prepare(CheckpointId id, Context& cx) { return safe.prepare(id, cx); }
  Task<> commit(const Committable& c, Context& cx) {
    (void)co_await cx.sleep_for(*commit_takes);
    co_await safe.commit(c, cx);
  }
  Task<> abort(Context& cx) { return safe.abort(cx); }
};

/// A pipeline that was suspended with 40 of 60 events behind it, and is started again.
struct Restoring {
  sim::Env env;
  Board board{.shelves = {{"a", events(40), false}}};
  Vault<Event> vault;
  Duration commit_takes{};

  Restoring() {
    Pipeline pipeline = make();
    REQUIRE(kit::suspend(env, pipeline) == "suspended");
    board.shelves[0].events = events(60);
    board.shelves[0].closed = true;
    commit_takes = 10s;
  }
  Pipeline make() {
    Topology t("copy");
    t.source("in", Shelves{&board}).to("out", Slow{Safe<Event>(vault), &commit_takes});
    return Pipeline(std::move(t), {.state_directory = "state"});
  }
  /// Starts, stops while the sink commits what the snapshot lists, and says how it ended.
  std::string stop_while_restoring(StopMode mode) {
    Pipeline pipeline = make();
    End end;
    start(env, pipeline, end);
    env.run_for(1s);
    CHECK(pipeline.status().state == PipelineState::restoring);
    pipeline.stop(mode);
    CHECK(env.run() == sim::Ended::all_done);
    return end.text();
  }
  std::string run_to_the_end() {
    Pipeline pipeline = make();
    return run(env, pipeline);
  }
};

}  // namespace

TEST_CASE("a suspension in the restore phase waits for it, and nothing is lost or double") {
  Restoring job;
  const std::size_t read = job.board.read;
  CHECK(job.stop_while_restoring(StopMode::suspend) == "suspended");
  CHECK(job.board.read == read);
  CHECK(job.vault.visible == events(40));
  CHECK(job.stop_while_restoring(StopMode::suspend) == "suspended");  // and as often as one likes
  CHECK(job.run_to_the_end() == "finished");
  CHECK(job.vault.visible == events(60));
}

TEST_CASE("stop(finish) in the restore phase ends the run before it reads") {
  Restoring job;
  const std::size_t read = job.board.read;
  CHECK(job.stop_while_restoring(StopMode::finish) == "finished");
  CHECK(job.board.read == read);
  CHECK(job.vault.visible == events(40));
  CHECK(job.run_to_the_end() == "finished");
  CHECK(job.vault.visible == events(60));
}

TEST_CASE("an abort in the restore phase does not wait, and the next start restores the same") {
  Restoring job;
  const MonotonicTime before = job.env.env().clock.monotonic();
  CHECK(job.stop_while_restoring(StopMode::abort) == "aborted");
  CHECK(job.env.env().clock.monotonic() - before < 2s);
  CHECK(job.vault.visible == events(40));
  CHECK(job.run_to_the_end() == "finished");
  CHECK(job.vault.visible == events(60));
}
