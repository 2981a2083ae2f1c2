// SPDX-License-Identifier: BSL-1.0
// Keyed operators within pipelines: the exchange in front of them, restarts, back-pressure.
#include "millrace/stream/keyed_process.hpp"

#include "catch.hpp"
#include "runtime/kit.hpp"
#include "runtime/numbering.hpp"

using namespace kit;

namespace {

Stream<Event> numbered(Stream<Event> in) {
  return in.event_time("time", &Event::time, watermark::bounded_out_of_orderness(2s))
      .key_by(&Event::key)
      .process("numbering", Numbering{});
}
/// What that gives for `keys` keys in turn, n events in all.
std::vector<Event> expected(int n, int keys) {
  std::vector<Event> all;
  for (int i = 0; i < n; ++i) all.push_back({i % keys, i / keys + 1, at(i * 1s)});
  for (int key = 0; key < keys; ++key) {
    const int times = (n - key + keys - 1) / keys;
    all.push_back({key, -times, at((key + (times - 1) * keys) * 1s + 5s)});
  }
  return sorted(all);
}

}  // namespace

TEST_CASE("the records of a key meet in one subtask, and its timers fire once") {
  for (const unsigned parallelism : {1u, 2u, 4u})
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      INFO("parallelism " << parallelism << " seed " << seed);
      Board board{.shelves = {{"a", events(200)}}, .per_read = 7};
      Store<Event> store;
      Topology t("numbers");
      numbered(t.source("in", Shelves{&board})).to("out", Collect<Event>{&store});
      sim::Env env({.seed = seed, .faults = {.delays = 0.1, .longest = 5ms}});
      Pipeline pipeline(std::move(t), {.parallelism = parallelism});
      REQUIRE(run(env, pipeline) == "finished");
      CHECK(sorted(store.values) == expected(200, 4));
    }
}

TEST_CASE("keyed state and timers go on after a suspension, at any parallelism") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    sim::Env env({.seed = seed});
    Board board{.shelves = {{"a", {}, false}}, .per_read = 7};
    Vault<Event> vault;
    const auto make = [&] {
      Topology t("numbers");
      numbered(t.source("in", Shelves{&board})).to("out", Safe<Event>(vault));
      return Pipeline(std::move(t), {.parallelism = 1 + static_cast<unsigned>(rng.below(5)),
                                     .state_directory = "state"});
    };
    for (int n = 40; n < 200; n += 40) {
      board.shelves[0].events = events(n);
      Pipeline pipeline = make();
      REQUIRE(kit::suspend(env, pipeline) == "suspended");
    }
    board.shelves[0] = {"a", events(200), true};
    Pipeline pipeline = make();
    REQUIRE(run(env, pipeline) == "finished");
    CHECK(sorted(vault.visible) == expected(200, 4));
  }
}

TEST_CASE("very many timers that fire into a stalled sink stay within the budget") {
  struct Alarm {
    using output_type = Event;
    Timers timers;
    auto states() { return std::tie(timers); }
    void on_record(const Event&, Timestamp, Emitter<Event>&) { timers.at_event_time(at(1000s)); }
    void on_timer(const int& key, Timestamp time, Emitter<Event>& out) {
      out.emit({key, 1, time}, time);
    }
  };
  constexpr int keys = 100'000;
  constexpr std::uint64_t budget = 64 * 1024;
  for (const unsigned parallelism : {1u, 2u}) {
    INFO("parallelism " << parallelism);
    std::vector<Event> all;
    for (int i = 0; i < keys; ++i) all.push_back({i, i, at(0s)});
    all.push_back({0, 0, at(2000s)});
    Board board{.shelves = {{"a", std::move(all), false}}, .per_read = 256};
    Store<Event> store{.values = {}, .stalled = true};
    Topology t("alarms");
    t.source("in", Shelves{&board})
        .event_time("time", &Event::time, watermark::bounded_out_of_orderness(2s))
        .key_by(&Event::key)
        .process("alarms", Alarm{})
        .to("out", Collect<Event>{&store});
    sim::Env env;
    Pipeline pipeline(std::move(t), {.parallelism = parallelism, .flow_budget = {budget}});
    End end;
    start(env, pipeline, end);
    env.run_for(10s);
    CHECK(end.text() == "still running");
    CHECK(pipeline.metrics().find("alarms")->out > 0);
    CHECK(pipeline.metrics().find("alarms")->out < 10'000);
    CHECK(pipeline.metrics().flow_bytes_peak <=
          budget + 4 * parallelism * 512 * (sizeof(Event) + sizeof(Timestamp)));
    // Records that come meanwhile wait behind the timers.
    board.shelves[0].events.push_back({0, 0, at(3000s)});
    board.shelves[0].closed = true;
    env.run_for(1s);
    store.stalled = false;
    REQUIRE(env.run() == sim::Ended::all_done);
    CHECK(end.text() == "finished");
    CHECK(store.values.size() == keys + 1);
    if (parallelism == 1) CHECK(std::is_sorted(store.values.begin(), store.values.begin() + keys));
  }
}

TEST_CASE("timers in processing time fire while no record comes") {
  struct Flush {
    using output_type = int;
    ValueState<int> count{"count"};
    Timers timers;
    auto states() { return std::tie(count, timers); }
    void on_record(const Event&, Timestamp, Emitter<int>&) {
      if (!count.get()) timers.at_processing_time(timers.processing_time() + 10s);
      count.update([](int& n) { ++n; });
    }
    void on_processing_timer(const int&, Timestamp time, Emitter<int>& out) {
      out.emit(*count.get(), time);
      count.clear();
    }
  };
  Board board{.shelves = {{"a", events(20, 2), false}}};
  Store<int> store;
  Topology t("flush");
  t.source("in", Shelves{&board})
      .key_by(&Event::key)
      .process("flush", Flush{})
      .to("out", Collect<int>{&store});
  sim::Env env;
  Pipeline pipeline(std::move(t));
  End end;
  start(env, pipeline, end);
  env.run_for(9s);
  CHECK(store.values.empty());
  env.run_for(1200ms);
  CHECK(store.values == std::vector<int>{10, 10});
  board.shelves[0].events = events(24, 2);
  env.run_for(1s);
  board.shelves[0].closed = true;
  REQUIRE(env.run() == sim::Ended::all_done);
  CHECK(store.values == std::vector<int>{10, 10, 2, 2});
}

TEST_CASE("past the state budget a keyed step fails the pipeline") {
  struct Hoarder {
    using output_type = int;
    ListState<Event> all{"all"};
    auto states() { return std::tie(all); }
    void on_record(const Event& e, Timestamp, Emitter<int>&) { all.add(e); }
  };
  Board board{.shelves = {{"a", events(10'000)}}};
  Topology t("hoard");
  Store<int> store;
  t.source("in", Shelves{&board})
      .key_by(&Event::key)
      .process("hoarder", Hoarder{})
      .to("out", Collect<int>{&store});
  const std::string ended = run(std::move(t), {.state_budget = 100_KiB});
  CHECK(ended.starts_with("failed: step \"hoarder\": its keyed state holds 1"));
  CHECK(ended.find("its limit of 102400 bytes") != std::string::npos);
}
