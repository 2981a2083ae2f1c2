// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

/// Bytes of one full batch of T in a queue, a batch of the size a step makes.
template <class T>
constexpr std::uint64_t batch_bytes = 512 * (sizeof(T) + sizeof(Timestamp));

}  // namespace

TEST_CASE("a stalled sink stops the source within the budget and a batch an edge") {
  constexpr std::uint64_t budget = 64 * 1024;
  Board board{.shelves = {{"a", events(100'000)}}, .per_read = 256};
  Store<Event> store{.values = {}, .stalled = true};
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t), {.flow_budget = {budget}});
  End end;
  start(env, pipeline, end);
  env.run_for(10s);
  CHECK(end.text() == "still running");
  CHECK(pipeline.metrics().flow_bytes_peak <= budget + batch_bytes<Event>);
  CHECK(board.read < 10'000);
  CHECK(pipeline.metrics().find("out")->queued > 0);
  store.stalled = false;
  REQUIRE(env.run() == sim::Ended::all_done);
  CHECK(end.text() == "finished");
  CHECK(store.values == events(100'000));
}

TEST_CASE("at the smallest budget nothing waits for ever: diamonds, exchanges, several sinks") {
  for (const unsigned parallelism : {1u, 2u, 3u})
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      INFO("parallelism " << parallelism << " seed " << seed);
      Board board{.shelves = {{"a", events(300)}, {"b", events(300)}, {"c", events(300)}}};
      Store<Sum> sums_out;
      Store<Event> all{.values = {}, .slow = 1ms, .in_flight = 2};
      Topology t("diamond");
      auto in = t.source("in", Shelves{&board});
      auto left = in.map("left", [](const Event& e) { return e; }).parallelism(2);
      auto right = in.map("right", [](const Event& e) { return e; });
      sums(left.merge("both", right)).to("sums out", Collect<Sum>{&sums_out});
      in.to("all", Collect<Event>{&all});
      right.to("again", Collect<Event>{&all}, 2);
      sim::Env env({.seed = seed, .faults = {.delays = 0.1, .longest = 5ms}});
      Pipeline pipeline(std::move(t), {.parallelism = parallelism, .flow_budget = 1_B});
      REQUIRE(run(env, pipeline) == "finished");
      CHECK(all.values.size() == 1800);
      CHECK(pipeline.metrics().find("sums")->in == 1800);
    }
}

TEST_CASE("several partitions of one lane all go on when a stalled sink does") {
  Board board{.shelves = {}, .per_read = 64};
  for (int i = 0; i < 8; ++i) board.shelves.push_back({"p" + std::to_string(i), events(500)});
  Store<Event> store{.values = {}, .stalled = true};
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t), {.flow_budget = 1_B});
  End end;
  start(env, pipeline, end);
  env.run_for(1s);
  store.stalled = false;
  REQUIRE(env.run() == sim::Ended::all_done);
  CHECK(store.values.size() == 8 * 500);
}

TEST_CASE("a window that fires many keys into a stalled sink stays within the budget") {
  constexpr int keys = 1'000'000;
  constexpr std::uint64_t budget = 256 * 1024;
  for (const unsigned parallelism : {1u, 2u}) {
    INFO("parallelism " << parallelism);
    std::vector<Event> many;
    for (int i = 0; i < keys; ++i) many.push_back({i, 1, at(1s)});
    many.push_back({-1, 0, at(60s)});  // fires them all
    for (int i = 0; i < 1000; ++i) many.push_back({i, 1, at(61s)});
    Board board{.shelves = {{"a", std::move(many), false}}, .per_read = 256};
    Store<Sum> store{.values = {}, .stalled = true};
    Topology t("many keys");
    sums(t.source("in", Shelves{&board})).to("out", Collect<Sum>{&store});
    sim::Env env;
    Pipeline pipeline(std::move(t), {.parallelism = parallelism, .flow_budget = {budget}});
    End end;
    start(env, pipeline, end);
    env.run_for(30s);
    CHECK(pipeline.metrics().flow_bytes_peak <= budget + 4 * parallelism * batch_bytes<Sum>);
    CHECK(pipeline.metrics().find("sums")->out < 20'000);
    CHECK(store.values.empty());
    store.stalled = false;
    board.shelves[0].closed = true;
    REQUIRE(env.run() == sim::Ended::all_done);
    CHECK(end.text() == "finished");
    CHECK(store.values.size() == keys + 1000 + 1);
  }
}

TEST_CASE("a suspension while a window fires into a slow sink keeps the budget and loses nothing") {
  constexpr int keys = 20'000;
  std::vector<Event> many;
  for (int i = 0; i < keys; ++i) many.push_back({i, 1, at(1s)});
  many.push_back({-1, 0, at(60s)});
  Board board{.shelves = {{"a", many, false}}, .per_read = 256};
  Store<Sum> store{.values = {}, .slow = 10ms};
  sim::Env env;
  const auto make = [&] {
    Topology t("many keys");
    sums(t.source("in", Shelves{&board})).to("out", Collect<Sum>{&store});
    return Pipeline(std::move(t), {.flow_budget = 64_KiB, .state_directory = "state"});
  };
  {
    Pipeline pipeline = make();
    End end;
    start(env, pipeline, end);
    REQUIRE(env.run_until([&] { return !store.values.empty(); }));
    pipeline.stop();
    REQUIRE(env.run() == sim::Ended::all_done);
    CHECK(end.text() == "suspended");
    CHECK(pipeline.metrics().flow_bytes_peak <= 64 * 1024 + 4 * batch_bytes<Sum>);
    CHECK(store.values.size() == keys);
  }
  board.shelves[0].closed = true;
  Pipeline pipeline = make();
  CHECK(run(env, pipeline) == "finished");
  CHECK(store.values.size() == keys + 1);
}

TEST_CASE("state past its budget fails the pipeline with the step's name") {
  std::vector<Event> many;
  for (int i = 0; i < 100'000; ++i) many.push_back({i, 1, at(1s)});
  Board board{.shelves = {{"a", many}}, .per_read = 256};
  Store<Sum> store;
  Topology t("many keys");
  sums(t.source("in", Shelves{&board})).to("out", Collect<Sum>{&store});
  const std::string end = run(std::move(t), {.state_budget = 64_KiB});
  CHECK(end.starts_with("failed: step \"sums\": its windows hold "));
  CHECK(end.find("passes its limit of 65536 bytes") != std::string::npos);
}
