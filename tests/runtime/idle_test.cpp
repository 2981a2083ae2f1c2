// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

Event event(Duration time) { return {1, 1, at(time)}; }

/// Two shelves that stay open, sums over them, and silence of a second makes a partition idle.
struct Job {
  Board board{.shelves = {{"a", {}, false}, {"b", {}, false}}};
  Store<Sum> store;
  sim::Env env;

  Topology topology() {
    Topology t("job");
    t.source("in", Shelves{&board})
        .event_time("time", &Event::time, watermark::bounded_out_of_orderness(2s).idle_after(1s))
        .key_by(&Event::key)
        .window(tumbling(10s))
        .aggregate("sums", agg::sum([](const Event& e) { return std::int64_t{e.value}; }))
        .to("out", Collect<Sum>{&store});
    return t;
  }
  void put(std::size_t shelf, Duration time) { board.shelves[shelf].events.push_back(event(time)); }

  /// Starts it with so many subtasks, does what `f` says, and suspends. The number of late records.
  template <class F>
  std::uint64_t run(unsigned parallelism, F f) {
    Pipeline pipeline(topology(), {.parallelism = parallelism, .state_directory = "state"});
    End end;
    start(env, pipeline, end);
    f();
    const std::uint64_t late = pipeline.metrics().find("sums")->late;
    pipeline.stop(StopMode::suspend);
    CHECK(env.run() == sim::Ended::all_done);
    CHECK(end.text() == "suspended");
    return late;
  }
};

}  // namespace

TEST_CASE("when every partition falls silent at once, windows before the farthest time fire") {
  for (const unsigned parallelism : {1u, 2u}) {
    INFO("parallelism " << parallelism);
    Job job;
    job.put(0, 1s);
    job.put(0, 25s);
    job.put(1, 2s);
    job.run(parallelism, [&] {
      job.env.run_for(500ms);
      CHECK(job.store.values.empty());  // b holds the watermark at 0
      job.env.run_for(2s);
      REQUIRE(job.store.values.size() == 1);  // [0, 10); [20, 30) waits for what moves time on
      CHECK(job.store.values[0].value == 2);
      job.put(1, 33s);
      job.env.run_for(500ms);
      CHECK(job.store.values.size() == 2);
    });
  }
}

TEST_CASE("a partition that woke up at another parallelism is awake at the next start, too") {
  Job job;
  CHECK(job.run(1, [&] {
    job.put(0, 1s);
    for (int i = 0; i < 10; ++i) {
      job.put(1, 1s);
      job.env.run_for(200ms);  // a falls idle meanwhile
    }
  }) == 0);
  CHECK(job.run(2, [&] {
    job.put(0, 3s);
    job.env.run_for(300ms);
  }) == 0);
  CHECK(job.run(1, [&] {
    job.put(1, 100s);
    job.env.run_for(300ms);
    job.put(0, 5s);
    job.env.run_for(300ms);
  }) == 0);
}
