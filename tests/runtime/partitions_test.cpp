// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

std::vector<int> values_of(const std::vector<Event>& all) {
  std::vector<int> values;
  for (const Event& e : all) values.push_back(e.value);
  return values;
}

Pipeline copy(Board& board, Store<Event>& store, PipelineOptions options = {},
              SourceOptions source = {}) {
  Topology t("copy");
  t.source("in", Shelves{&board}, source).to("out", Collect<Event>{&store});
  return Pipeline(std::move(t), std::move(options));
}

}  // namespace

TEST_CASE("each partition is opened once, by one subtask, whatever the parallelism") {
  for (const unsigned parallelism : {1u, 2u, 3u, 8u}) {
    Board board;
    for (int i = 0; i < 5; ++i) board.shelves.push_back({"p" + std::to_string(i), events(100)});
    Store<Event> store;
    sim::Env env;
    Pipeline pipeline = copy(board, store, {.parallelism = parallelism});
    CHECK(run(env, pipeline) == "finished");
    CHECK(board.opened == 5);
    CHECK(store.values.size() == 500);
  }
}

TEST_CASE("children are read after the end of all their parents, also by another subtask") {
  for (const unsigned parallelism : {1u, 2u, 3u}) {
    INFO("parallelism " << parallelism);
    Board board{.shelves = {{"child", events(10, 1, 1000), true, {"left", "right"}},
                            {"left", events(100, 1)},
                            {"right", events(150, 1)}}};
    Store<Event> store;
    sim::Env env;
    Pipeline pipeline = copy(board, store, {.parallelism = parallelism});
    CHECK(run(env, pipeline) == "finished");
    const std::vector<int> values = values_of(store.values);
    REQUIRE(values.size() == 260);
    CHECK(*std::min_element(values.end() - 10, values.end()) == 1000);
  }
}

TEST_CASE("partitions that come up later are read, whichever subtask they fall to") {
  for (const unsigned parallelism : {1u, 2u, 4u}) {
    INFO("parallelism " << parallelism);
    Board board{.shelves = {{"first", events(100)},
                            {"split 1", events(50), true, {"first"}, 100},
                            {"split 2", events(50), true, {"first"}, 100},
                            {"split 3", events(50), true, {"first"}, 100}}};
    Store<Event> store;
    sim::Env env;
    Pipeline pipeline = copy(board, store, {.parallelism = parallelism});
    CHECK(run(env, pipeline) == "finished");
    CHECK(store.values.size() == 250);
  }
}

TEST_CASE("a partition that comes up while others are idle is found within discover_interval") {
  Board board{.shelves = {{"first", events(10), false}}};
  Store<Event> store;
  sim::Env env;
  Pipeline pipeline =
      copy(board, store, {.parallelism = 2}, {.idle_poll = 10ms, .discover_interval = 1s});
  End end;
  start(env, pipeline, end);
  env.run_for(5s);
  CHECK(store.values.size() == 10);
  board.shelves.push_back({"second", events(20), false});
  env.run_for(1100ms);
  CHECK(store.values.size() == 30);
  pipeline.stop(StopMode::finish);
  CHECK(env.run() == sim::Ended::all_done);
}

TEST_CASE("a subtask without a partition does not hold the watermark back") {
  Board board{.shelves = {{"only", events(100, 1), false}}};
  Store<Sum> store;
  Topology t("sums");
  sums(t.source("in", Shelves{&board})).to("out", Collect<Sum>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t), {.parallelism = 3});
  End end;
  start(env, pipeline, end);
  env.run_for(5s);
  CHECK(store.values.size() == 9);
  pipeline.stop(StopMode::finish);
  env.run();
  CHECK(store.values.size() == 10);
}

TEST_CASE("the slowest partition holds the watermark; one that is idle long enough does not") {
  for (const unsigned parallelism : {1u, 2u}) {
    INFO("parallelism " << parallelism);
    Board board{.shelves = {{"fast", events(100, 1), false}, {"slow", events(20, 1), false}}};
    Store<Sum> store;
    Topology t("sums");
    t.source("in", Shelves{&board})
        .event_time("time", &Event::time, watermark::bounded_out_of_orderness(2s).idle_after(30s))
        .key_by(&Event::key)
        .window(tumbling(10s))
        .aggregate("sums", agg::sum([](const Event& e) { return std::int64_t{e.value}; }))
        .to("out", Collect<Sum>{&store});
    sim::Env env;
    Pipeline pipeline(std::move(t), {.parallelism = parallelism});
    End end;
    start(env, pipeline, end);
    env.run_for(20s);
    CHECK(store.values.size() == 1);  // up to 17 s, as far as the slow one is
    board.shelves[0].events.push_back({0, 7, at(99s)});
    env.run_for(20s);
    CHECK(store.values.size() == 9);                     // it is idle now
    board.shelves[1].events.push_back({0, 7, at(95s)});  // it rejoins, and is not late
    env.run_for(1s);
    board.shelves[0].events.push_back({0, 7, at(300s)});
    env.run_for(1s);
    CHECK(store.values.size() == 9);  // and holds the watermark again
    CHECK(pipeline.metrics().find("sums")->late == 0);
    pipeline.stop(StopMode::abort);
    env.run();
  }
}

TEST_CASE("the end of one input does not end the time of another that is idle") {
  for (const unsigned parallelism : {1u, 2u}) {
    INFO("parallelism " << parallelism);
    Board ended{.shelves = {{"a", events(30, 1)}}};
    Board live{.shelves = {{"a", events(20, 1), false}}};
    Store<Sum> store;
    Topology t("merge");
    const auto strategy = watermark::bounded_out_of_orderness(1s).idle_after(5s);
    auto one = t.source("ended", Shelves{&ended}).event_time("t1", &Event::time, strategy);
    auto two = t.source("live", Shelves{&live}).event_time("t2", &Event::time, strategy);
    one.merge("both", two)
        .key_by(&Event::key)
        .window(tumbling(10s))
        .aggregate("sums", agg::sum([](const Event& e) { return std::int64_t{e.value}; }))
        .to("out", Collect<Sum>{&store});
    sim::Env env;
    Pipeline pipeline(std::move(t), {.parallelism = parallelism});
    End end;
    start(env, pipeline, end);
    env.run_for(60s);
    live.shelves[0].events.push_back({0, 7, at(500s)});
    live.shelves[0].closed = true;
    REQUIRE(env.run() == sim::Ended::all_done);
    CHECK(pipeline.metrics().find("sums")->late == 0);
    CHECK(store.values.size() == 4);
  }
}

TEST_CASE("positions are resumed per partition, also when the parallelism changes each time") {
  Board board;
  for (int i = 0; i < 5; ++i)
    board.shelves.push_back({"p" + std::to_string(i), events(20, 1, i * 1000), false});
  Store<Event> store;
  sim::Env env;
  int length = 20;
  for (const unsigned parallelism : {1u, 3u, 2u, 2u, 5u, 1u, 4u}) {
    Pipeline pipeline =
        copy(board, store, {.parallelism = parallelism, .state_directory = "state"});
    End end;
    start(env, pipeline, end);
    env.run_for(1s);
    pipeline.stop();
    REQUIRE(env.run() == sim::Ended::all_done);
    CHECK(end.text() == "suspended");
    length += 10;
    for (int i = 0; i < 5; ++i)
      board.shelves[static_cast<std::size_t>(i)].events = events(length, 1, i * 1000);
  }
  const std::vector<int> values = kit::sorted(values_of(store.values));
  CHECK(values.size() == 5 * 80);
  CHECK(std::ranges::adjacent_find(values) == values.end());
}

TEST_CASE("a source whose discovery fails, fails the pipeline with its name") {
  struct Broken {
    using value_type = Event;
    Task<std::vector<Partition>> discover(Context&) {
      throw Failure({Errc::unavailable, "no shelf is known"});
      co_return std::vector<Partition>{};
    }
    ShelfReader open(const Partition&, const Position&) { return {}; }
  };
  Store<Event> store;
  Topology t("copy");
  t.source("in", Broken{}).to("out", Collect<Event>{&store});
  CHECK(run(std::move(t)) == "failed: step \"in\": no shelf is known");
}

TEST_CASE("several batches that a step makes of one keep its partition through a merge") {
  // Large reads of what has piled up, then small ones: a partition that only came up by mistake in
  // the first would hold the watermark back for good.
  Board board{.shelves = {{"a", events(1000), false}, {"b", events(1000), false}},
              .per_read = 1000};
  Store<Sum> store;
  Topology t("merge");
  const auto in = t.source("in", Shelves{&board}, {.batch_records = 1000});
  const auto same = in.map("same", [](const Event& e) { return e; });
  sums(in.filter("even", [](const Event& e) { return e.value % 2 == 0; }).merge("both", same))
      .to("out", Collect<Sum>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t));
  End end;
  start(env, pipeline, end);
  env.run_for(1s);
  board.per_read = 100;
  for (auto& shelf : board.shelves) shelf.events = events(2000);
  env.run_for(60s);
  CHECK(end.text() == "still running");
  REQUIRE_FALSE(store.values.empty());
  CHECK(store.values.back().window.start == at(1980s));
  CHECK(pipeline.metrics().find("sums")->late == 0);
  pipeline.stop();
  REQUIRE(env.run() == sim::Ended::all_done);
}
