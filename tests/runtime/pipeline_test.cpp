// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/pipeline.hpp"

#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

TEST_CASE("every record of the source reaches the sink, in order, and the sink is flushed") {
  Board board{.shelves = {{"a", events(1000)}}};
  Store<Event> store;
  Topology t("straight");
  t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
  CHECK(run(std::move(t)) == "finished");
  CHECK(store.values == events(1000));
  CHECK(store.flushes >= 1);
}

TEST_CASE("an empty source finishes: the sink is flushed and got nothing") {
  Board board;
  Store<Event> store;
  Topology t("empty");
  t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
  CHECK(run(std::move(t)) == "finished");
  CHECK(store.values.empty());
  CHECK(store.flushes >= 1);
}

TEST_CASE("parallelism 1, 2 and 4 give the same window results") {
  std::vector<Sum> expected;
  for (const unsigned parallelism : {1u, 2u, 4u}) {
    Board board{.shelves = {{"a", events(500)}, {"b", events(500)}, {"c", events(500)}}};
    Store<Sum> store;
    Topology t("sums");
    sums(t.source("in", Shelves{&board})).to("out", Collect<Sum>{&store});
    CHECK(run(std::move(t), {.parallelism = parallelism}) == "finished");
    if (expected.empty()) expected = sorted(store.values);
    CHECK(expected.size() == 200);
    CHECK(sorted(store.values) == expected);
  }
}

TEST_CASE("records of one key keep their order through an exchange") {
  struct InOrder {
    struct State {
      int last = -1;
      int jumps = 0;
    };
    void add(State& s, const Event& e) const {
      s.jumps += e.value < std::exchange(s.last, e.value);
    }
    int result(const State& s) const { return s.jumps; }
  };
  for (const unsigned parallelism : {1u, 2u, 4u}) {
    Board board{.shelves = {{"a", events(2000, 7)}}};
    Store<Windowed<int, int>> store;
    Topology t("order");
    t.source("in", Shelves{&board})
        .event_time(
            "time", [](const Event&) { return at(0s); }, watermark::bounded_out_of_orderness(1s))
        .key_by(&Event::key)
        .window(tumbling(10s))
        .aggregate("jumps", InOrder{})
        .to("out", Collect<Windowed<int, int>>{&store});
    CHECK(run(std::move(t), {.parallelism = parallelism}) == "finished");
    CHECK(store.values.size() == 7);
    for (const auto& jumps : store.values) CHECK(jumps.value == 0);
  }
}

TEST_CASE("a merge of two sources passes records, watermarks, the barrier and the end") {
  for (const unsigned parallelism : {1u, 2u}) {
    INFO("parallelism " << parallelism);
    Board left{.shelves = {{"a", events(300)}}};
    Board right{.shelves = {{"a", events(300, 4, 1000)}}};
    Store<Sum> store;
    Topology t("merge");
    auto a = t.source("left", Shelves{&left})
                 .event_time("left time", &Event::time, watermark::bounded_out_of_orderness(1s));
    auto b = t.source("right", Shelves{&right})
                 .event_time("right time", &Event::time, watermark::bounded_out_of_orderness(1s));
    a.merge("both", b)
        .key_by(&Event::key)
        .window(tumbling(10s))
        .aggregate("sums", agg::sum([](const Event& e) { return std::int64_t{e.value}; }))
        .to("out", Collect<Sum>{&store});
    CHECK(run(std::move(t), {.parallelism = parallelism}) == "finished");
    std::int64_t total = 0;
    for (const Sum& sum : store.values) total += sum.value;
    CHECK(total == 299 * 300 / 2 + (1000 + 1299) * 150);
    CHECK(store.values.size() == 240);
  }
}

TEST_CASE("dead letters of steps that can't fail end with the sources") {
  Board board{.shelves = {{"a", events(10)}}};
  Store<Event> store;
  Store<DeadLetter> letters;
  Topology t("nothing can fail");
  t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
  t.dead_letters().to("rejects", Collect<DeadLetter>{&letters});
  CHECK(run(std::move(t)) == "finished");
  CHECK(letters.flushes >= 1);
}

TEST_CASE("metrics count what each step saw, also after the end") {
  Board board{.shelves = {{"a", events(100)}}};
  Store<Event> store;
  Topology t("counted");
  t.source("in", Shelves{&board})
      .filter("even", [](const Event& e) { return e.value % 2 == 0; })
      .map("checked",
           [](const Event& e) {
             if (e.value == 10) throw std::runtime_error("ten");
             return e;
           })
      .to("out", Collect<Event>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t));
  CHECK(pipeline.status().state == PipelineState::idle);
  REQUIRE(run(env, pipeline) == "finished");
  const PipelineMetrics m = pipeline.metrics();
  CHECK(m.find("in")->out == 100);
  CHECK(m.find("even")->in == 100);
  CHECK(m.find("even")->out == 50);
  CHECK(m.find("checked")->in == 50);
  CHECK(m.find("checked")->errors == 1);
  CHECK(m.find("checked")->out == 49);
  CHECK(m.find("out")->in == 49);
  CHECK(m.find("out")->out == 49);
  CHECK(m.find("out")->queued == 0);
  CHECK(m.flow_bytes == 0);
  CHECK(m.flow_bytes_peak > 0);
  CHECK(m.find("nobody") == nullptr);
  CHECK(pipeline.status().state == PipelineState::finished);
}

TEST_CASE("the same seed gives the same run of a whole pipeline, step by step") {
  const auto trace = [](std::uint64_t seed) {
    Board board{.shelves = {{"a", events(300)}, {"b", events(300)}}};
    Store<Sum> store;
    Topology t("sums");
    sums(t.source("in", Shelves{&board})).to("out", Collect<Sum>{&store});
    sim::Env env({.seed = seed, .faults = {.delays = 0.2, .longest = 5ms}});
    Pipeline pipeline(std::move(t), {.parallelism = 2, .state_directory = "state"});
    REQUIRE(run(env, pipeline) == "finished");
    return env.trace_hash();
  };
  CHECK(trace(7) == trace(7));
  CHECK(trace(7) != trace(8));
}
