// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

/// Writes down every call.
struct Diary final : Observer {
  std::vector<std::string> lines;
  void on_state(const PipelineStatus& status) override {
    lines.push_back(std::string(to_string(status.state)));
  }
  void on_failure(const Error& error) override { lines.push_back("failure: " + error.message()); }
  void on_checkpoint(CheckpointId id) override {
    lines.push_back("checkpoint " + std::to_string(id));
  }
  void on_end(const PipelineMetrics&) override { lines.push_back("end"); }
};

Topology copy(Board& board, Vault<Event>& all) {
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Safe<Event>(all));
  return t;
}

}  // namespace

TEST_CASE("an observer is told of every phase, once and in order") {
  Board board{.shelves = {{"a", events(100)}}};
  Vault<Event> all;
  Diary diary;
  sim::Env env;
  Pipeline pipeline(copy(board, all), {.observer = &diary});
  CHECK(run(env, pipeline) == "finished");
  CHECK(diary.lines ==
        std::vector<std::string>{"restoring", "running", "checkpoint 1", "finished", "end"});
}

TEST_CASE("a source that fails is started again after the pause of the policy, exactly once") {
  Board board{.shelves = {{"a", events(100)}}};
  board.fail_after = 40;
  Vault<Event> all;
  Diary diary;
  sim::Env env;
  Pipeline pipeline(copy(board, all),
                    {.restart = Restart::fixed_delay(3, 10s), .observer = &diary});
  const MonotonicTime begin = env.env().clock.monotonic();
  CHECK(run(env, pipeline) == "finished");
  CHECK(env.env().clock.monotonic() - begin >= 10s);
  CHECK(env.env().clock.monotonic() - begin < 11s);
  CHECK(all.visible == events(100));
  CHECK(pipeline.status().restarts == 1);
  CHECK(diary.lines == std::vector<std::string>{
                           "restoring", "running", "failure: step \"in\": the shelf fell down",
                           "failing", "restoring", "running", "checkpoint 1", "finished", "end"});
}

TEST_CASE("the pauses of an exponential policy double up to the longest; then the failure stays") {
  Board board{.shelves = {{"a", events(100)}}};
  Store<Event> store;
  store.fail_flush = true;
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
  Diary diary;
  sim::Env env;
  Pipeline pipeline(std::move(t), {.restart = Restart::exponential(4, 1s, 3s), .observer = &diary});
  const MonotonicTime begin = env.env().clock.monotonic();
  CHECK(run(env, pipeline) == "failed: step \"out\": the flush went wrong");
  const auto took = env.env().clock.monotonic() - begin;
  CHECK(took >= 1s + 2s + 3s + 3s);
  CHECK(took < 10s);
  CHECK(pipeline.status().state == PipelineState::failed);
  CHECK(pipeline.status().reason == "step \"out\": the flush went wrong");
  CHECK(pipeline.status().restarts == 4);
  CHECK(std::ranges::count(diary.lines, "failing") == 5);
  CHECK(diary.lines.back() == "end");
}

TEST_CASE("without a restart policy the first failure ends the pipeline, with step and cause") {
  Board board{.shelves = {{"a", events(100)}}};
  SECTION("of a source") {
    board.fail_after = 40;
    Vault<Event> all;
    CHECK(run(copy(board, all)) == "failed: step \"in\": the shelf fell down");
    CHECK(all.visible.empty());
  }
  SECTION("of a sink's write") {
    Store<Event> store;
    store.fail_at_write = 3;
    Topology t("copy");
    t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
    CHECK(run(std::move(t)) == "failed: step \"out\": the store is closed");
  }
  SECTION("of a sink's prepare") {
    Vault<Event> all;
    all.fail_at_prepare = 1;
    CHECK(run(copy(board, all)) == "failed: step \"out\": the vault is full");
    CHECK(all.visible.empty());
  }
}

TEST_CASE("a commit that fails after the decision is made again at the restart: exactly once") {
  for (const bool durable : {false, true}) {
    INFO("with a state directory: " << durable);
    Board board{.shelves = {{"a", events(100)}}};
    Vault<Event> left;
    Vault<Event> right;
    right.fail_at_commit = 1;
    Topology t("two");
    auto in = t.source("in", Shelves{&board});
    in.to("left", Safe<Event>(left));
    in.to("right", Safe<Event>(right));
    sim::Env env;
    Pipeline pipeline(std::move(t), {.state_directory = durable ? "state" : "",
                                     .restart = Restart::fixed_delay(1, 1s)});
    CHECK(run(env, pipeline) == "finished");
    CHECK(left.visible == events(100));
    CHECK(right.visible == events(100));
  }
}

TEST_CASE("a commit that failed is made by the next process from its snapshot") {
  Board board{.shelves = {{"a", events(100)}}};
  Vault<Event> all;
  all.fail_at_commit = 1;
  sim::Env env;
  {
    Pipeline pipeline(copy(board, all), {.state_directory = "state"});
    CHECK(run(env, pipeline) == "failed: step \"out\": the vault does not open");
    CHECK(all.visible.empty());
  }
  Pipeline pipeline(copy(board, all), {.state_directory = "state"});
  CHECK(run(env, pipeline) == "finished");
  CHECK(all.visible == events(100));
}

TEST_CASE("no subtask of a sink drops what another has yet to commit") {
  Board board{.shelves = {{"a", events(100)}, {"b", events(100)}}};
  Vault<Event> all;
  all.fail_at_commit = 1;
  sim::Env env;
  const auto make = [&](unsigned parallelism) {
    Topology t("copy");
    t.source("in", Shelves{&board}).to("out", Safe<Event>(all), parallelism);
    return Pipeline(std::move(t), {.parallelism = parallelism, .state_directory = "state"});
  };
  {
    Pipeline pipeline = make(2);
    CHECK(run(env, pipeline) == "failed: step \"out\": the vault does not open");
  }
  Pipeline pipeline = make(1);
  CHECK(run(env, pipeline) == "finished");
  CHECK(all.visible.size() == 200);
}

TEST_CASE("a stop ends the pause before a restart, and suspends") {
  Board board{.shelves = {{"a", events(100)}}};
  board.fail_after = 40;
  Vault<Event> all;
  sim::Env env;
  Pipeline pipeline(copy(board, all),
                    {.state_directory = "state", .restart = Restart::fixed_delay(1, 3600s)});
  End end;
  start(env, pipeline, end);
  env.run_for(10s);
  CHECK(pipeline.status().state == PipelineState::failing);
  pipeline.stop();
  env.run_for(1s);
  CHECK(end.text() == "suspended");
  Pipeline next(copy(board, all), {.state_directory = "state"});
  CHECK(run(env, next) == "finished");
  CHECK(all.visible == events(100));
}

TEST_CASE("a step whose function can't be copied is neither restarted nor run twice") {
  Board board{.shelves = {{"a", events(100)}}};
  Vault<Event> all;
  const auto make = [&] {
    Topology t("copy");
    t.source("in", Shelves{&board})
        .map("own", [own = std::make_unique<int>(1)](const Event& e) { return e; })
        .to("out", Safe<Event>(all));
    return t;
  };
  sim::Env env;
  SECTION("not restarted") {
    board.fail_after = 40;
    Pipeline pipeline(make(), {.restart = Restart::fixed_delay(3, 1s)});
    CHECK(run(env, pipeline) == "failed: step \"in\": the shelf fell down");
  }
  SECTION("not run twice") {
    Pipeline pipeline(make());
    CHECK(run(env, pipeline) == "finished");
    CHECK(run(env, pipeline) ==
          "failed: step \"own\": its function can't be copied and went into the run before; make "
          "a new Pipeline for each run");
  }
}
