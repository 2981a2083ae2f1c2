// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

constexpr const char* state = "state";

/// A copy of a board into a vault, and sums of it into another.
struct Job {
  Board board{.shelves = {{"a", events(300)}, {"b", events(300, 4, 300)}}, .pause = 20ms};
  Vault<Event> all;
  Vault<Sum> totals;

  Pipeline make(PipelineOptions options) {
    Topology t("job");
    auto in = t.source("in", Shelves{&board});
    in.to("copy", Safe<Event>(all));
    sums(in).to("totals", Safe<Sum>(totals));
    return Pipeline(std::move(t), std::move(options));
  }
  std::vector<Sum> expected() {
    Board quick{.shelves = board.shelves};
    Vault<Sum> out;
    Topology t("job");
    sums(t.source("in", Shelves{&quick})).to("totals", Safe<Sum>(out));
    REQUIRE(run(std::move(t)) == "finished");
    return sorted(out.visible);
  }
};

/// What is missing, doubled or strange; empty when each event is there once.
std::string wrong(std::vector<Event> seen) {
  std::string text;
  std::map<int, int> times;
  for (const Event& e : seen) ++times[e.value];
  for (int i = 0; i < 600; ++i)
    if (times[i] != 1) text += std::to_string(i) + " x" + std::to_string(times[i]) + " ";
  return seen.size() == 600 ? text : text + "(" + std::to_string(seen.size()) + ")";
}

/// What it is told of checkpoints.
struct Told final : Observer {
  std::vector<CheckpointId> done;
  std::vector<std::string> failed;
  void on_checkpoint(CheckpointId id) override { done.push_back(id); }
  void on_checkpoint_failed(CheckpointId id, const Error& error) override {
    failed.push_back(std::to_string(id) + ": " + std::string(to_string(error.code())));
  }
};

}  // namespace

TEST_CASE("records become visible with each checkpoint while the pipeline runs") {
  Job job;
  Told told;
  sim::Env env;
  Pipeline pipeline = job.make({.checkpoints = {.interval = 100ms}, .observer = &told});
  End end;
  start(env, pipeline, end);
  env.run_for(150ms);
  REQUIRE(told.done == std::vector<CheckpointId>{1});
  const std::size_t first = job.all.visible.size();
  CHECK(first > 0);
  env.run_for(100ms);
  CHECK(told.done == std::vector<CheckpointId>{1, 2});
  CHECK(job.all.visible.size() > first);
  CHECK(job.all.visible.size() < 600);
  CHECK(pipeline.metrics().checkpoints.completed == 2);
  CHECK(pipeline.metrics().checkpoints.last_id == 2);
  CHECK(pipeline.metrics().checkpoints.last_bytes > 0);
  env.run();
  CHECK(end.text() == "finished");
  CHECK(wrong(job.all.visible) == "");
}

TEST_CASE(
    "the first checkpoint comes when it is asked for, and what is asked for between moves none") {
  Job job;
  Told told;
  sim::Env env;
  Pipeline pipeline =
      job.make({.checkpoints = {.interval = 100ms, .first_after = 30ms}, .observer = &told});
  End end;
  start(env, pipeline, end);
  env.run_for(20ms);
  CHECK(told.done.empty());
  env.run_for(20ms);
  CHECK(told.done == std::vector<CheckpointId>{1});
  env.run_for(50ms);  // 90 ms
  pipeline.checkpoint();
  env.run_for(20ms);
  CHECK(told.done == std::vector<CheckpointId>{1, 2});
  env.run_for(30ms);  // 140 ms
  CHECK(told.done == std::vector<CheckpointId>{1, 2, 3});
  env.run();
  CHECK(end.text() == "finished");
}

TEST_CASE("without an interval a checkpoint is taken on demand, and at the end") {
  Job job;
  Told told;
  sim::Env env;
  Pipeline pipeline = job.make({.observer = &told});
  End end;
  start(env, pipeline, end);
  env.run_for(150ms);
  CHECK(told.done.empty());
  pipeline.checkpoint();
  env.run_for(50ms);
  CHECK(told.done == std::vector<CheckpointId>{1});
  CHECK(!job.all.visible.empty());
  env.run();
  CHECK(told.done == std::vector<CheckpointId>{1, 2});
}

TEST_CASE("a process that dies at any moment goes on from its last checkpoint: all of it once") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    sim::Disk disk(seed);
    Job job;
    const std::vector<Sum> expected = job.expected();
    unsigned crashes = 0;
    std::string ended;
    for (std::uint64_t life = 0; ended.empty(); ++life) {
      REQUIRE(life < 100);
      sim::Options options{.seed = seed * 1000 + life};
      options.faults = {.delays = 0.2, .longest = 30ms};
      sim::Env env(options, disk);
      Pipeline pipeline = job.make({.parallelism = 1 + static_cast<unsigned>((seed + life) % 3),
                                    .state_directory = state,
                                    .checkpoints = {.interval = 50ms}});
      End end;
      start(env, pipeline, end);
      if (life < 6) {
        env.run_for(std::chrono::milliseconds(20 + (seed * 7 + life * 41) % 170));
        if (end.over())
          ended = end.text();
        else
          ++crashes;
        env.crash();
      } else {
        env.run();
        ended = end.text();
      }
    }
    CHECK(crashes == 6);
    CHECK(ended == "finished");
    CHECK(wrong(job.all.visible) == "");
    CHECK(sorted(job.totals.visible) == expected);
  }
}

TEST_CASE("a checkpoint that can't be written is tolerated as often as the options say") {
  Job job;
  Told told;
  sim::Env env;
  Pipeline pipeline = job.make({.state_directory = state,
                                .checkpoints = {.interval = 100ms, .tolerated_failures = 2},
                                .observer = &told});
  End end;
  start(env, pipeline, end);
  env.run_for(120ms);
  REQUIRE(told.done.size() == 1);
  const std::size_t before = job.all.visible.size();
  env.disk().set_capacity(0_B);
  env.run_for(200ms);
  CHECK(told.failed == std::vector<std::string>{"2: out_of_space", "3: out_of_space"});
  CHECK(job.all.visible.size() == before);

  SECTION("what they held becomes visible with the next one, in order") {
    env.disk().set_capacity(1_GiB);
    env.run();
    CHECK(end.text() == "finished");
    CHECK(wrong(job.all.visible) == "");
    CHECK(sorted(job.totals.visible) == job.expected());
  }
  SECTION("one more fails the pipeline, and a later start has each record once") {
    env.run();
    CHECK(end.text().starts_with("failed: "));
    env.disk().set_capacity(1_GiB);
    Pipeline again = job.make({.state_directory = state});
    CHECK(run(env, again) == "finished");
    CHECK(wrong(job.all.visible) == "");
    CHECK(sorted(job.totals.visible) == job.expected());
  }
}

TEST_CASE("a checkpoint whose barrier does not get through has failed after the timeout") {
  Board board{.shelves = {{"a", events(100)}}, .pause = 2s};
  Store<Event> store;
  store.stalled = true;
  Told told;
  sim::Env env;
  Topology t("stalled");
  t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
  Pipeline pipeline(
      std::move(t),
      {.checkpoints = {.interval = 1s, .timeout = 5s, .tolerated_failures = 1}, .observer = &told});
  End end;
  start(env, pipeline, end);
  env.run_for(7500ms);
  CHECK(told.failed == std::vector<std::string>{"2: timeout"});
  SECTION("and counts when it gets through after all") {
    store.stalled = false;
    env.run();
    CHECK(end.text() == "finished");
    REQUIRE(told.done.size() > 2);
    CHECK(told.done[1] == 2);
    CHECK(store.values == events(100));
  }
  SECTION("and fails the pipeline when it is not tolerated any more") {
    env.run();
    CHECK(end.text().starts_with("failed: checkpoint 2: its barriers have not passed every step"));
  }
}

TEST_CASE("a pipeline that is told to suspend while a checkpoint is under way ends with both") {
  Job job;
  sim::Env env;
  env.faults().set("sink.prepare", {.delays = 1.0, .longest = 50ms});
  Pipeline pipeline = job.make({.state_directory = state, .checkpoints = {.interval = 60ms}});
  End end;
  start(env, pipeline, end);
  env.run_for(70ms);
  pipeline.stop();
  env.run();
  CHECK(end.text() == "suspended");
  CHECK(job.all.visible.size() < 600);
  Pipeline again = job.make({.state_directory = state});
  CHECK(run(env, again) == "finished");
  CHECK(wrong(job.all.visible) == "");
  CHECK(sorted(job.totals.visible) == job.expected());
}
