// SPDX-License-Identifier: BSL-1.0
// Joins as they are declared and run: from two sources, on one lane and on several.
#include "millrace/stream/window_join.hpp"

#include <algorithm>

#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;
using Catch::Contains;

namespace {

using Pair = Windowed<int, std::string>;

std::string both(const Event& a, const Event& b) {
  return std::to_string(a.value) + "+" + std::to_string(b.value);
}
Stream<Event> timed(Stream<Event> in, Name name) {
  return in.event_time(std::move(name), &Event::time, watermark::bounded_out_of_orderness(0s));
}

/// A topology with two sources.
struct Two {
  Board left_board{.shelves = {{.id = "l", .events = events(100)}}};
  Board right_board{.shelves = {{.id = "r", .events = events(100)}}};
  Topology t{"two"};
  Stream<Event> left = timed(t.source("left", Shelves{&left_board}), "left-time");
  Stream<Event> right = timed(t.source("right", Shelves{&right_board}), "right-time");
  Store<Pair> store;
  auto joined() const { return left.key_by(&Event::key).join(right.key_by(&Event::key)); }
};

/// All pairs of a key in ten seconds, in a loop in a loop.
std::vector<std::string> pairs_of(const std::vector<Event>& left, const std::vector<Event>& right) {
  std::vector<std::string> all;
  for (const Event& a : left)
    for (const Event& b : right)
      if (a.key == b.key && a.time.time_since_epoch() / 10s == b.time.time_since_epoch() / 10s)
        all.push_back(both(a, b));
  std::ranges::sort(all);
  return all;
}
std::vector<std::string> values_of(const std::vector<Pair>& rows) {
  std::vector<std::string> all;
  for (const Pair& row : rows) all.push_back(row.value);
  std::ranges::sort(all);
  return all;
}

template <class F>
std::string mistake(F build) {
  try {
    build();
  } catch (const TopologyError& e) {
    const std::string text = e.what();
    return text.substr(text.find("step \""));
  }
  return "no mistake";
}

}  // namespace

TEST_CASE("two sources are joined, with any number of subtasks") {
  for (const unsigned parallelism : {1u, 3u}) {
    Two two;
    two.joined()
        .window(tumbling(10s))
        .inner("pairs", both)
        .parallelism(parallelism)
        .to("out", Collect<Pair>{&two.store});
    CHECK(run(std::move(two.t)) == "finished");
    CHECK(values_of(two.store.values) ==
          pairs_of(two.left_board.shelves[0].events, two.right_board.shelves[0].events));
  }
}

TEST_CASE("a stream is joined with itself, and the rest of its lane goes on beside") {
  for (const unsigned parallelism : {1u, 2u}) {
    Board board{.shelves = {{.id = "a", .events = events(100)}}};
    Store<Pair> store;
    Topology t("self");
    const auto keyed =
        timed(t.source("in", Shelves{&board}), "time").parallelism(1).key_by(&Event::key);
    keyed.join(keyed)
        .window(tumbling(10s))
        .inner("pairs", both)
        .parallelism(parallelism)
        .to("out", Collect<Pair>{&store});
    const std::string ended = run(std::move(t));
    CHECK(ended == "finished");
    CHECK(values_of(store.values) == pairs_of(events(100), events(100)));
  }
}

TEST_CASE("a join needs event time on both sides, and windows that can be") {
  Two two;
  Topology other("other");
  Board board;
  const auto raw = two.t.source("raw", Shelves{&board});
  const auto keyed = two.left.key_by(&Event::key);
  CHECK(mistake(
            [&] { keyed.join(raw.key_by(&Event::key)).window(tumbling(10s)).inner("j", both); }) ==
        "step \"j\": a join in windows needs event time on both sides; call "
        ".event_time(name, when, watermark::bounded_out_of_orderness(5s)) before "
        ".key_by(...) on the right");
  CHECK_THAT(
      mistake([&] { raw.key_by(&Event::key).join(keyed).window(tumbling(10s)).inner("j", both); }),
      Contains("on the left"));
  CHECK(mistake([&] { two.joined().window(tumbling(0s)).inner("j", both); }) ==
        "step \"j\": the window's size must be positive, got 0 us");
  CHECK(mistake([&] {
          two.joined().window(tumbling(10s)).allowed_lateness(-1s).inner("j", both);
        }) == "step \"j\": the allowed lateness must not be negative, got -1000000 us");
  const auto far = timed(other.source("far", Shelves{&board}), "far-time").key_by(&Event::key);
  CHECK(mistake([&] { keyed.join(far).window(tumbling(10s)).inner("j", both); }) ==
        "step \"j\": joins streams of two topologies; declare both sides in one");
}

TEST_CASE("a picture of a join names both sides and what is late") {
  Two two;
  auto [results, late_left, late_right] =
      two.joined().window(tumbling(10s)).with_late().inner("pairs", both);
  results.to("out", Collect<Pair>{&two.store});
  Store<Event> late;
  late_left.to("late-left", Collect<Event>{&late});
  late_right.to("late-right", Collect<Event>{&late});
  const std::string text = two.t.text();
  CHECK_THAT(text, Contains("pairs (window_join) <- left-time [by key], right-time [by key]\n"));
  CHECK_THAT(text, Contains("late-left (sink) <- pairs [late left] "));
  CHECK_THAT(text, Contains("late-right (sink) <- pairs [late right] "));
}

TEST_CASE("a side that is an hour ahead is joined as any other, at the smallest budget") {
  for (const Duration ahead : {Duration(0s), Duration(3600s)}) {
    Two two;
    auto& left = two.left_board.shelves[0].events;
    auto& right = two.right_board.shelves[0].events;
    left = events(500, 4);
    for (Event& e : left) e.time += ahead;
    right = events(500 + static_cast<int>(ahead / 1s), 4);
    two.left_board.pause = two.right_board.pause = 1ms;
    two.joined().window(tumbling(10s)).inner("pairs", both).to("out", Collect<Pair>{&two.store});
    sim::Env env;
    Pipeline pipeline(std::move(two.t), {.flow_budget = 1_B});
    End end;
    start(env, pipeline, end);
    REQUIRE(env.run() == sim::Ended::all_done);
    CHECK(end.text() == "finished");
    CHECK(pipeline.metrics().find("pairs")->late == 0);
    CHECK(values_of(two.store.values) == pairs_of(left, right));
  }
}

namespace {

/// Two boards that are read to a join whose windows stay open over restarts.
struct Restarts {
  sim::Env env;
  Board left{.shelves = {{"l", events(25), false}}};
  Board right{.shelves = {{"r", events(25), false}}};
  Store<Pair> store;

  Topology topology(const std::string& join, unsigned parallelism = 1) {
    Topology t("job");
    const auto a = timed(t.source("left", Shelves{&left}), "left-time").key_by(&Event::key);
    const auto b = timed(t.source("right", Shelves{&right}), "right-time").key_by(&Event::key);
    if (!join.empty())
      a.join(b)
          .window(tumbling(10s))
          .inner(Name(join), both)
          .parallelism(parallelism)
          .to("out", Collect<Pair>{&store});
    return t;
  }
  std::string suspend(Topology t) {
    Pipeline pipeline(std::move(t), {.state_directory = "state"});
    return kit::suspend(env, pipeline);
  }
  std::string finish(Topology t, CheckpointOptions checkpoints = {}) {
    for (Board* board : {&left, &right}) {
      board->shelves[0].events = events(60);
      board->shelves[0].closed = true;
    }
    Pipeline pipeline(std::move(t),
                      {.state_directory = "state", .checkpoints = std::move(checkpoints)});
    return run(env, pipeline);
  }
};

}  // namespace

TEST_CASE("a join goes on after a suspension, with another parallelism") {
  Restarts r;
  REQUIRE(r.suspend(r.topology("pairs", 2)) == "suspended");
  CHECK(r.finish(r.topology("pairs", 3)) == "finished");
  CHECK(values_of(r.store.values) == pairs_of(events(60), events(60)));
}

TEST_CASE("a join that is gone is refused by its name unless it may be dropped; a new one begins") {
  Restarts r;
  REQUIRE(r.suspend(r.topology("pairs")) == "suspended");
  CHECK_THAT(r.finish(r.topology("others")),
             Contains("holds state of step \"pairs\", which this topology lacks"));
  CHECK(r.finish(r.topology("others"), {.drop = {"pairs"}}) == "finished");
  CHECK(values_of(r.store.values) !=
        pairs_of(events(60), events(60)));  // what "pairs" had kept is gone
}
