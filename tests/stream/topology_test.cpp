// SPDX-License-Identifier: BSL-1.0
#include "millrace/stream/topology.hpp"

#include <memory>

#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

/// The message of the TopologyError that `build` throws, without the place at its front.
template <class F>
std::string mistake(F build) {
  try {
    build();
  } catch (const TopologyError& e) {
    const std::string text = e.what();
    CHECK(text.find("topology_test.cpp:") != std::string::npos);
    return text.substr(text.find("step \""));
  }
  return "no mistake";
}

struct Bench {
  Board board;
  Store<Event> store;
  Topology t{"shape"};
  Stream<Event> in = t.source("in", Shelves{&board});
  Stream<Event> timed =
      in.event_time("time", &Event::time, watermark::bounded_out_of_orderness(1s));
};

Event same(const Event& e) { return e; }

}  // namespace

TEST_CASE("a name that is taken is refused, with the place of the other one") {
  Bench b;
  b.in.map("twice", same);
  const std::string text = mistake([&] { b.in.map("twice", same); });
  CHECK(text.starts_with("step \"twice\": this name is taken by the step at "));
  CHECK(text.ends_with("; names key state and metrics, so they must differ"));
  CHECK(mistake([&] {
          b.in.to("in", Collect<Event>{&b.store});
        }).starts_with("step \"in\": this name is taken"));
}

TEST_CASE("an empty name is refused") {
  Bench b;
  CHECK(mistake([&] { b.in.map("", same); }) ==
        "step \"\": the name is empty; names key state, metrics and messages");
}

TEST_CASE("a topology without a source is refused by the Pipeline") {
  try {
    Pipeline pipeline{Topology("nothing")};
    FAIL("it was accepted");
  } catch (const TopologyError& e) {
    CHECK(std::string(e.what()).find("step \"nothing\": the topology has no source; begin with "
                                     "topology.source(name, source)") != std::string::npos);
  }
}

TEST_CASE("a window needs event time, a positive size and a lateness that is not negative") {
  Bench b;
  CHECK(mistake(
            [&] { b.in.key_by(&Event::key).window(tumbling(10s)).aggregate("w", agg::count()); }) ==
        "step \"w\": a window needs event time; call .event_time(name, when, "
        "watermark::bounded_out_of_orderness(5s)) before .key_by(...)");
  CHECK(mistake([&] {
          b.timed.key_by(&Event::key).window(tumbling(0s)).aggregate("w", agg::count());
        }) == "step \"w\": the window's size must be positive, got 0 us");
  CHECK(mistake([&] {
          b.timed.key_by(&Event::key)
              .window(tumbling(10s))
              .allowed_lateness(-1s)
              .aggregate("w", agg::count());
        }) == "step \"w\": the allowed lateness must not be negative, got -1000000 us");
}

TEST_CASE("a sliding window needs a positive slide, not longer than its size, and few panes") {
  Bench b;
  const auto window = [&](Duration size, Duration slide) {
    return mistake([&] {
      b.timed.key_by(&Event::key).window(sliding(size, slide)).aggregate("w", agg::count());
    });
  };
  CHECK(window(0s, 0s) == "step \"w\": the window's size must be positive, got 0 us");
  CHECK(window(10s, 0s) == "step \"w\": the window's slide must be positive, got 0 us");
  CHECK(window(10s, -2s) == "step \"w\": the window's slide must be positive, got -2000000 us");
  CHECK(
      window(10s, 11s) ==
      "step \"w\": the window's slide, 11000000 us, is longer than its size, 10000000 us, so that "
      "records between two windows would be in none; filter them out first, or take a slide up "
      "to the size");
  CHECK(window(10s, 3333333us) ==
        "step \"w\": a window of 10000000 us that slides by 3333333 us has 10000000 panes, as many "
        "as their greatest common divisor fits into it, and may have 100000; take a size that is a "
        "multiple of the slide");
  CHECK(window(24h, 1s) == "no mistake");
}

TEST_CASE("a merge is timed only when all of its streams are") {
  Bench b;
  CHECK_FALSE(b.timed.merge("m1", b.in).timed());
  CHECK(b.timed.merge("m2", b.timed).timed());
  CHECK(mistake([&] {
          b.timed.merge("m3", b.in)
              .key_by(&Event::key)
              .window(tumbling(1s))
              .aggregate("w", agg::count());
        }).starts_with("step \"w\": a window needs event time"));
}

TEST_CASE("a parallelism of 0 is refused wherever it is given") {
  Bench b;
  CHECK(mistake([&] { b.in.map("m", same).parallelism(0); }) ==
        "step \"m\": parallelism must be at least 1, got 0");
  CHECK(mistake([&] { b.in.to("out", Collect<Event>{&b.store}, 0); }) ==
        "step \"out\": parallelism must be at least 1, got 0");
  CHECK_THROWS_WITH((Pipeline{std::move(b.t), {.parallelism = 0}}),
                    Catch::Contains("PipelineOptions::parallelism must be at least 1, got 0"));
}

TEST_CASE("a source with batches of no record is refused") {
  Bench b;
  CHECK(mistake([&] { b.t.source("none", Shelves{&b.board}, {.batch_records = 0}); }) ==
        "step \"none\": SourceOptions::batch_records must be at least 1, got 0");
}

TEST_CASE("a function that can't be copied runs in one subtask, and in several is refused") {
  const auto build = [](Bench& b, bool wide) {
    auto moved = b.in.map("own", [p = std::make_unique<int>(1)](const Event& e) { return e; });
    if (wide) moved.parallelism(2);
    moved.to("out", Collect<Event>{&b.store});
  };
  Bench alone;
  alone.board.shelves = {{"a", events(10)}};
  build(alone, false);
  CHECK(run(std::move(alone.t), {.parallelism = 2}) == "finished");
  CHECK(alone.store.values.size() == 10);
  Bench wide;
  build(wide, true);
  CHECK(mistake([&] { Pipeline{std::move(wide.t)}; }) ==
        "step \"own\": has 2 subtasks, but its function can't be copied; make it copyable or give "
        "the step .parallelism(1)");
}

TEST_CASE("dead letters merged with a stream that makes some are a cycle, and refused") {
  Topology t("cycle");
  Board board;
  auto letters =
      t.source("in", Shelves{&board}).map("letter", [](const Event&) { return DeadLetter{}; });
  CHECK(mistake([&] { t.dead_letters().merge("cycle", letters); }) ==
        "step \"cycle\": merges dead letters with a stream that can produce some; that is a "
        "cycle. Give the dead letters a sink of their own");
  t.dead_letters().merge("fine", t.dead_letters());
}

TEST_CASE("dead letters may be asked for twice, and before the steps that make them") {
  Topology t("early");
  Board board{.shelves = {{"a", events(10)}}};
  Store<DeadLetter> letters;
  t.dead_letters().to("rejects", Collect<DeadLetter>{&letters});
  CHECK(&t.dead_letters().node() == &t.dead_letters().node());
  t.source("in", Shelves{&board}).map("bad", [](const Event& e) -> Event {
    throw std::runtime_error("value " + std::to_string(e.value));
  });
  const std::string ended = run(std::move(t));
  CHECK(ended == "finished");
  CHECK(letters.values.size() == 10);
}

TEST_CASE("streams outlive a move of their topology") {
  Topology first("moved");
  Board board{.shelves = {{"a", events(10)}}};
  Store<Event> store;
  auto in = first.source("in", Shelves{&board});
  Topology second = std::move(first);
  in.to("out", Collect<Event>{&store});
  const std::string ended = run(std::move(second));
  CHECK(ended == "finished");
  CHECK(store.values.size() == 10);
}

namespace {

/// One of everything that a description can show.
Topology described(Board& board, Store<Sum>& store, Store<Event>& other,
                   Store<DeadLetter>& letters) {
  Topology t("described \"so\"");
  auto in = t.source("in", Shelves{&board});
  auto [big, small] = in.split("size", [](const Event& e) { return e.value > 5; });
  auto [results, late] =
      big.event_time("time", &Event::time, watermark::bounded_out_of_orderness(1s))
          .parallelism(2)
          .key_by(&Event::key)
          .window(tumbling(10s))
          .aggregate_with_late("sums",
                               agg::sum([](const Event& e) { return std::int64_t{e.value}; }));
  results.to("out", Collect<Sum>{&store});
  small.merge("rest", late).to("other", Collect<Event>{&other});
  t.dead_letters().to("rejects", Collect<DeadLetter>{&letters});
  return t;
}

}  // namespace

TEST_CASE("a described topology: text, Mermaid and JSON") {
  Board board;
  Store<Sum> store;
  Store<Event> other;
  Store<DeadLetter> letters;
  Topology t = described(board, store, other, letters);
  CHECK(t.text() == R"(described "so"
  in (source)
  size (split) <- in
  time (event_time) <- size x2
  sums (window) <- time [by key]
  out (sink) <- sums x1
  rest (merge) <- size [rest], sums [late]
  other (sink) <- rest x1
  dead-letters (merge)
  rejects (sink) <- dead-letters x1
)");
  CHECK(t.mermaid() == R"(flowchart LR
  s0(["in<br/>source"])
  s1["size<br/>split"]
  s2["time<br/>event_time"]
  s3["sums<br/>window"]
  s4[("out<br/>sink")]
  s5["rest<br/>merge"]
  s6[("other<br/>sink")]
  s7["dead-letters<br/>merge"]
  s8[("rejects<br/>sink")]
  s0 --> s1
  s1 --> s2
  s2 -->|by key| s3
  s3 --> s4
  s1 -->|rest| s5
  s3 -->|late| s5
  s5 --> s6
  s7 --> s8
)");
  const std::string json = t.json();
  CHECK(
      json.starts_with("{\"name\":\"described \\\"so\\\"\",\"steps\":[{\"name\":\"in\","
                       "\"kind\":\"source\",\"timed\":false,\"declared\":\""));
  CHECK(json.find("\"parallelism\":2,\"inputs\":[{\"from\":\"size\",\"output\":\"\",\"keyed\":"
                  "false}]}") != std::string::npos);
  CHECK(json.find("\"inputs\":[{\"from\":\"size\",\"output\":\"rest\",\"keyed\":false},{\"from\":"
                  "\"sums\",\"output\":\"late\",\"keyed\":false}]") != std::string::npos);
  CHECK(json.ends_with("]}]}"));
  Pipeline pipeline(std::move(t));
  CHECK(pipeline.text().find("dead-letters (merge) <- size [dead letters], time [dead letters], "
                             "sums [dead letters]\n") != std::string::npos);
  CHECK(pipeline.mermaid().find("s1 -.->|dead letters| s7") != std::string::npos);
}
