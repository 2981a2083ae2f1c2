// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

constexpr int records = 240;

std::vector<Board::Shelf> three_shelves() {
  return {{"a", events(records)}, {"b", events(records, 3)}, {"c", events(records / 2, 5)}};
}

/// Windows, a merge and a two-phase sink; everything that a stop must carry over.
Topology job(Board& board, Vault<Sum>& sums_out, Vault<Event>& all) {
  Topology t("job");
  auto in = t.source("in", Shelves{&board}, {.batch_records = 16});
  in.to("all", Safe<Event>(all));
  auto [even, odd] = in.split("parity", [](const Event& e) { return e.value % 2 == 0; });
  sums(even.merge("both", odd)).to("out", Safe<Sum>(sums_out));
  return t;
}

struct Totals {
  std::vector<Sum> sums;
  std::vector<Event> all;
};

Totals without_stop() {
  Board board{.shelves = three_shelves()};
  Vault<Sum> sums_out;
  Vault<Event> all;
  sim::Env env;
  Pipeline pipeline(job(board, sums_out, all));
  REQUIRE(run(env, pipeline) == "finished");
  return {sorted(sums_out.visible), sorted(all.visible)};
}

void steps(sim::Env& env, std::uint64_t n) {
  for (std::uint64_t i = 0; i < n; ++i)
    if (!env.run_one()) return;
}

}  // namespace

TEST_CASE(
    "stopped at any moment and started again, at any parallelism, nothing is lost or double") {
  const Totals expected = without_stop();
  REQUIRE(expected.all.size() == 2 * records + records / 2);
  std::uint64_t suspensions = 0;
  std::uint64_t aligned = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    Board board{.shelves = three_shelves()};
    board.per_read = 1 + seed % 13;
    Vault<Sum> sums_out;
    Vault<Event> all;
    SeededRng rng(seed);
    sim::Disk disk(seed);
    std::string ended;
    for (int run_number = 0; run_number < 50 && ended != "finished"; ++run_number) {
      sim::Env env({.seed = seed * 100 + static_cast<std::uint64_t>(run_number)}, disk);
      for (const char* site : {"inbox.take", "sink.take", "sink.prepare"})
        env.faults().set(site, {.delays = 0.3, .longest = 20ms});
      Pipeline pipeline(job(board, sums_out, all),
                        {.parallelism = 1 + static_cast<unsigned>(rng.below(3)),
                         .flow_budget = {rng.below(2) ? 1u : 100'000u},
                         .state_directory = "state"});
      End end;
      start(env, pipeline, end);
      steps(env, rng.below(300));
      pipeline.stop(StopMode::suspend);
      REQUIRE(env.run() == sim::Ended::all_done);
      ended = end.text();
      suspensions += ended == "suspended";
      aligned += env.faults().reached_count("inbox.aligned");
      REQUIRE((ended == "suspended" || ended == "finished"));
      if (run_number == 40) {  // enough: let it come to its end
        Pipeline last(job(board, sums_out, all), {.state_directory = "state"});
        ended = run(env, last);
      }
    }
    if (ended != "finished") {
      sim::Env env({.seed = seed}, disk);
      Pipeline last(job(board, sums_out, all), {.state_directory = "state"});
      REQUIRE(run(env, last) == "finished");
    }
    REQUIRE(sorted(all.visible) == expected.all);
    REQUIRE(sorted(sums_out.visible) == expected.sums);
  }
  CHECK(suspensions > 300);
  CHECK(aligned > 100);
}

TEST_CASE("a pipeline whose input has ended is finished again at once, and writes nothing twice") {
  Board board{.shelves = three_shelves()};
  Vault<Sum> sums_out;
  Vault<Event> all;
  sim::Env env;
  for (int i = 0; i < 3; ++i) {
    Pipeline pipeline(job(board, sums_out, all), {.state_directory = "state"});
    CHECK(run(env, pipeline) == "finished");
    CHECK(all.visible.size() == 2 * records + records / 2);
  }
}

TEST_CASE("stop(finish) fires every window of what was read, and the rest is never asked for") {
  Board board{.shelves = {{"a", events(50, 1), false}}};
  Store<Sum> store;
  Topology t("sums");
  sums(t.source("in", Shelves{&board})).to("out", Collect<Sum>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t));
  End end;
  start(env, pipeline, end);
  CHECK(env.run_for(1s) == sim::Ended::time_up);
  CHECK(store.values.size() == 4);  // the fifth window is open
  pipeline.stop(StopMode::finish);
  REQUIRE(env.run() == sim::Ended::all_done);
  CHECK(end.text() == "finished");
  CHECK(store.values.size() == 5);
}

TEST_CASE("stop(suspend) fires no window that was open, and the next start does") {
  Board board{.shelves = {{"a", events(45, 1), false}}};
  Store<Sum> store;
  sim::Env env;
  const auto make = [&] {
    Topology t("sums");
    sums(t.source("in", Shelves{&board})).to("out", Collect<Sum>{&store});
    return Pipeline(std::move(t), {.state_directory = "state"});
  };
  {
    Pipeline pipeline = make();
    End end;
    start(env, pipeline, end);
    env.run_for(1s);
    pipeline.stop();
    REQUIRE(env.run() == sim::Ended::all_done);
    CHECK(end.text() == "suspended");
    CHECK(pipeline.status().state == PipelineState::suspended);
    CHECK(store.values.size() == 4);
  }
  board.shelves[0].events.push_back({0, 1000, at(46s)});
  board.shelves[0].closed = true;
  Pipeline pipeline = make();
  CHECK(run(env, pipeline) == "finished");
  REQUIRE(store.values.size() == 5);
  CHECK(store.values.back().value == 40 + 41 + 42 + 43 + 44 + 1000);
}

TEST_CASE("stop(abort) writes nothing more, and the next start repeats from the last snapshot") {
  Board board{.shelves = {{"a", events(200), false}}};
  Vault<Event> all;
  sim::Env env;
  const auto make = [&] {
    Topology t("copy");
    t.source("in", Shelves{&board}).to("out", Safe<Event>(all));
    return Pipeline(std::move(t), {.state_directory = "state"});
  };
  {
    Pipeline pipeline = make();
    End end;
    start(env, pipeline, end);
    env.run_for(1s);
    pipeline.stop(StopMode::abort);
    REQUIRE(env.run() == sim::Ended::all_done);
    CHECK(end.text() == "aborted");
    CHECK(all.visible.empty());
    CHECK_FALSE(env.disk().contents("state/snapshot"));
  }
  board.shelves[0].closed = true;
  Pipeline pipeline = make();
  CHECK(run(env, pipeline) == "finished");
  CHECK(all.visible == events(200));
}

TEST_CASE("an abort overrides a suspension that a stalled sink holds up") {
  Board board{.shelves = {{"a", events(200), false}}};
  Store<Event> store{.values = {}, .stalled = true};
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t));
  End end;
  start(env, pipeline, end);
  env.run_for(1s);
  pipeline.stop(StopMode::suspend);
  env.run_for(1s);
  CHECK(end.text() == "still running");
  CHECK(pipeline.status().state == PipelineState::stopping);
  pipeline.stop(StopMode::finish);  // too late: sources were told to suspend
  env.run_for(1s);
  CHECK(end.text() == "still running");
  pipeline.stop(StopMode::abort);
  REQUIRE(env.run() == sim::Ended::all_done);
  CHECK(end.text() == "aborted");
}

TEST_CASE("a stop that comes before the run ends it as it begins, and that run only") {
  Board board{.shelves = {{"a", events(20)}}};
  Vault<Event> all;
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Safe<Event>(all));
  sim::Env env;
  Pipeline pipeline(std::move(t), {.state_directory = "state"});
  pipeline.stop();
  CHECK(run(env, pipeline) == "suspended");
  CHECK(run(env, pipeline) == "finished");
  CHECK(all.visible == events(20));
}

TEST_CASE("killed after a suspension, a pipeline goes on from it: at least once") {
  Board board{.shelves = {{"a", events(100), false}}};
  Store<Event> store;
  const auto make = [&] {
    Topology t("copy");
    t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
    return Pipeline(std::move(t), {.state_directory = "state"});
  };
  sim::Env env;
  {
    Pipeline pipeline = make();
    REQUIRE(kit::suspend(env, pipeline) == "suspended");
  }
  board.shelves[0].events = events(150);
  {
    Pipeline pipeline = make();
    End end;
    start(env, pipeline, end);
    env.run_for(1s);
    env.crash();
    CHECK(pipeline.metrics().find("out")->out == 50);
  }
  CHECK(store.values.size() == 150);
  board.shelves[0].closed = true;
  Pipeline pipeline = make();
  CHECK(run(env, pipeline) == "finished");
  CHECK(store.values.size() == 200);
}

TEST_CASE("the state of an operator of one's own is carried over, but not to another parallelism") {
  struct Count {
    using output_type = int;
    int n = 0;
    void on_record(const Event&, Timestamp time, Emitter<int>& out) { out.emit(++n, time); }
    void save(std::string& bytes) const { bytes = std::to_string(n); }
    Result<void> load(std::string_view bytes) {
      n = std::stoi(std::string(bytes));
      return {};
    }
  };
  Board board{.shelves = {{"a", events(10), false}}};
  Store<int> store;
  sim::Env env;
  const auto make = [&](unsigned parallelism) {
    Topology t("count");
    t.source("in", Shelves{&board}).process("count", Count{}).to("out", Collect<int>{&store});
    return Pipeline(std::move(t), {.parallelism = parallelism, .state_directory = "state"});
  };
  {
    Pipeline pipeline = make(1);
    REQUIRE(kit::suspend(env, pipeline) == "suspended");
  }
  board.shelves[0].events = events(20);
  board.shelves[0].closed = true;
  Pipeline wider = make(2);
  CHECK(run(env, wider) ==
        "failed: step \"count\": its checkpoint was taken with 1 subtasks, and the state of a "
        "process step without keyed state can't be spread over 2; give the step .parallelism(1)");
  Pipeline same = make(1);
  CHECK(run(env, same) == "finished");
  CHECK(store.values.back() == 20);
}
