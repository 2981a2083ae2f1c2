// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

Topology copy(Board& board, Store<Event>& store) {
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Collect<Event>{&store});
  return t;
}

}  // namespace

TEST_CASE("a sink that allows four writes in flight gets four, and never more") {
  Board board{.shelves = {{"a", events(1000)}}};
  Store<Event> store{.values = {}, .slow = 10ms, .in_flight = 4};
  CHECK(run(copy(board, store)) == "finished");
  CHECK(store.most_writing == 4);
  CHECK(sorted(store.values) == sorted(events(1000)));
}

TEST_CASE("a sink that says nothing gets one write at a time, in order") {
  Board board{.shelves = {{"a", events(1000)}}};
  Store<Event> store{.values = {}, .slow = 10ms};
  CHECK(run(copy(board, store)) == "finished");
  CHECK(store.most_writing == 1);
  CHECK(store.values == events(1000));
}

TEST_CASE("nothing is being written while a sink is flushed") {
  struct Watchful {
    Store<Event>* store;
    Task<> write(const Batch<Event>&, Context& cx) {
      ++store->writing;
      co_await cx.sleep_for(10ms);
      --store->writing;
    }
    Task<> flush(Context&) {
      ++store->flushes;
      CHECK(store->writing == 0);
      co_return;
    }
    std::uint32_t max_in_flight() const { return 4; }
  };
  Board board{.shelves = {{"a", events(1000)}}};
  Store<Event> store;
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Watchful{&store});
  const std::string ended = run(std::move(t));
  CHECK(ended == "finished");
  CHECK(store.flushes >= 1);
}

namespace {

/// Ticks slowly, and fails at the n-th tick when that is asked for.
struct Ticking {
  Store<Event>* store;
  int* ticks;
  int fail_at = 0;
  Task<> write(const Batch<Event>& batch, Context& cx) {
    ++store->writing;
    (void)co_await cx.sleep_for(10ms);
    --store->writing;
    for (std::uint32_t i = 0; i < batch.size(); ++i) store->values.push_back(batch[i]);
  }
  Task<> tick(Context& cx) {
    CHECK(store->writing == 0);
    if (++*ticks == fail_at) throw Failure({Errc::unavailable, "the clock struck thirteen"});
    (void)co_await cx.sleep_for(250ms);
    CHECK(store->writing == 0);
  }
};

}  // namespace

TEST_CASE("a sink ticks while there is nothing to write, and nothing is written meanwhile") {
  Board board{.shelves = {{"a", events(10), false}}};
  Store<Event> store;
  int ticks = 0;
  Topology t("ticks");
  t.source("in", Shelves{&board}).to("out", Ticking{&store, &ticks});
  sim::Env env;
  Pipeline pipeline(std::move(t));
  End end;
  start(env, pipeline, end);
  for (int i = 1; i < 10; ++i) {
    env.run_for(1s);
    CHECK(ticks >= 2 * i);
    CHECK(ticks <= 10 * i);
    board.shelves[0].events.push_back({i, i, at(100s)});
  }
  board.shelves[0].closed = true;
  REQUIRE(env.run() == sim::Ended::all_done);
  CHECK(end.text() == "finished");
  CHECK(store.values.size() == 19);
}

TEST_CASE("a tick that fails fails the pipeline with the step's name") {
  Board board{.shelves = {{"a", events(10), false}}};
  Store<Event> store;
  int ticks = 0;
  Topology t("ticks");
  t.source("in", Shelves{&board}).to("out", Ticking{&store, &ticks, 3});
  const std::string ended = run(std::move(t));
  CHECK(ended == "failed: step \"out\": the clock struck thirteen");
}

TEST_CASE("a failed write of several in flight fails the pipeline after the others have ended") {
  Board board{.shelves = {{"a", events(1000)}}};
  Store<Event> store{.values = {}, .fail_at_write = 7, .slow = 10ms, .in_flight = 4};
  CHECK(run(copy(board, store)) == "failed: step \"out\": the store is closed");
  CHECK(store.writing == 0);
}

TEST_CASE("a failed flush fails the pipeline with the step's name") {
  Board board{.shelves = {{"a", events(10)}}};
  Store<Event> store;
  store.fail_flush = true;
  CHECK(run(copy(board, store)) == "failed: step \"out\": the flush went wrong");
}

TEST_CASE("a sink of the simplest kind throws what it likes: the message has the step's name") {
  struct Plain {
    void write(const Batch<Event>&, Context&) { throw std::runtime_error("no room"); }
  };
  Board board{.shelves = {{"a", events(10)}}};
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Plain{});
  const std::string ended = run(std::move(t));
  CHECK(ended == "failed: step \"out\": no room");
}

namespace {

/// Never waits to write, but does to flush. Notes how many records it had at each read of the
/// board.
struct AtOnce {
  Store<Event>* store;
  bool flushing = false;
  int fail_at = 0;
  void write(const Batch<Event>& batch, Context&) {
    CHECK_FALSE(flushing);
    if (++store->writes == fail_at) throw Failure({Errc::unavailable, "the store is closed"});
    for (std::uint32_t i = 0; i < batch.size(); ++i) store->values.push_back(batch[i]);
  }
  Task<> flush(Context& cx) {
    ++store->flushes;
    flushing = true;
    co_await cx.sleep_for(25ms);
    flushing = false;
  }
};

/// A record a read; counts the reads at which the sink had not got all that had been read before.
struct Watching {
  using value_type = Event;
  const Store<Event>* store;
  int* behind;
  int next = 0;
  ReadStatus read(Batch<Event>& out, Context&) {
    *behind += store->values.size() != static_cast<std::size_t>(next);
    out.push_back({0, next++, {}}, {});
    return next == 1000 ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {std::to_string(next)}; }
  void resume(const Position&) {}
};

}  // namespace

TEST_CASE("a sink that never waits has what was read before more is read, once it runs") {
  Store<Event> store;
  int behind = 0;
  Topology t("copy");
  t.source("in", Watching{&store, &behind}).to("out", AtOnce{&store});
  const std::string ended = run(std::move(t));
  CHECK(ended == "finished");
  CHECK(store.values.size() == 1000);
  CHECK(behind < 50);
}

TEST_CASE("what comes while a sink that never waits is flushed is written behind it, in order") {
  Board board{.shelves = {{"a", events(1000)}}, .pause = 1ms};
  Store<Event> store;
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", AtOnce{&store});
  const PipelineOptions options{.state_directory = "state", .checkpoints = {.interval = 10ms}};
  const std::string ended = run(std::move(t), options);
  CHECK(ended == "finished");
  CHECK(store.flushes > 1);
  CHECK(store.values == events(1000));
}

TEST_CASE("records that a sink takes late stay in front of those that it could take at once") {
  Board board{.shelves = {{"a", events(1000)}}};
  Store<Event> store;
  sim::Env env;
  env.faults().set("sink.take", {.delays = 0.3, .longest = 20ms});
  Pipeline pipeline([&] {
    Topology t("copy");
    t.source("in", Shelves{&board}).to("out", AtOnce{&store});
    return t;
  }());
  CHECK(run(env, pipeline) == "finished");
  CHECK(store.values == events(1000));
}

TEST_CASE("a sink that never waits gets nothing more once it has thrown") {
  Board board{.shelves = {{"a", events(1000)}}};
  Store<Event> store;
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", AtOnce{.store = &store, .fail_at = 30});
  const std::string ended = run(std::move(t));
  CHECK(ended == "failed: step \"out\": the store is closed");
  CHECK(store.writes == 30);
  CHECK(store.values == events(290));
}

TEST_CASE("a two-phase sink shows nothing before the decision, and all of it after") {
  Board board{.shelves = {{"a", events(100)}}};
  Vault<Event> vault;
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Safe<Event>(vault));
  sim::Env env;
  Pipeline pipeline(std::move(t), {.state_directory = "state"});
  End end;
  start(env, pipeline, end);
  REQUIRE(env.run_until([&] { return vault.prepares == 1; }));
  CHECK(vault.visible.empty());
  CHECK_FALSE(env.disk().contents("state/chk-1/MANIFEST"));
  REQUIRE(env.run_until([&] { return vault.commits == 1; }));
  CHECK(env.disk().contents("state/chk-1/MANIFEST"));
  REQUIRE(env.run() == sim::Ended::all_done);
  CHECK(vault.visible == events(100));
}

TEST_CASE("what a crash left staged is dropped at the next start, before anything is written") {
  Board board{.shelves = {{"a", events(100)}}};
  Vault<Event> vault;
  const auto make = [&] {
    Topology t("copy");
    t.source("in", Shelves{&board}).to("out", Safe<Event>(vault));
    return Pipeline(std::move(t), {.state_directory = "state"});
  };
  for (int steps = 0; steps < 200; steps += 3) {
    INFO("steps " << steps);
    vault = {};
    sim::Env env;
    {
      Pipeline pipeline = make();
      End end;
      start(env, pipeline, end);
      for (int i = 0; i < steps && env.run_one();) ++i;
      env.crash();
    }
    Pipeline pipeline = make();
    REQUIRE(run(env, pipeline) == "finished");
    CHECK(vault.visible == events(100));
    CHECK(vault.staged.empty());
  }
}

namespace {

/// Keeps `open` records back from each prepare() until it is told to finish; what it held open
/// leaves in two steps, the second prepared by the first one's commit().
struct Holding {
  Vault<Event>* vault;
  std::vector<Event> open = {}, closed = {}, freed = {};
  int* finishes;
  Task<> write(const Batch<Event>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) open.push_back(batch[i]);
    co_return;
  }
  Task<bool> finish(Context&) {
    ++*finishes;
    for (Event& event : freed) closed.push_back(event);
    freed.clear();
    if (open.empty()) co_return false;
    freed = std::exchange(open, {});
    co_return true;
  }
  Task<Committable> prepare(CheckpointId id, Context&) {
    vault->staged[std::to_string(id)] = std::exchange(closed, {});
    co_return Committable{std::to_string(id)};
  }
  Task<> commit(const Committable& c, Context&) {
    for (const Event& event : vault->staged[c.bytes]) vault->visible.push_back(event);
    vault->staged.erase(c.bytes);
    ++vault->commits;
    co_return;
  }
  Task<> abort(Context&) { co_return; }
};

}  // namespace

TEST_CASE("a two-phase sink is told of the end, and gets the checkpoints that it asks for") {
  Board board{.shelves = {{"a", events(100)}}};
  Vault<Event> vault;
  int finishes = 0;
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Holding{.vault = &vault, .finishes = &finishes});
  const std::string ended = run(std::move(t), {.state_directory = "state"});
  CHECK(ended == "finished");
  CHECK(finishes == 2);
  CHECK(vault.commits == 2);
  CHECK(vault.visible == events(100));
}

TEST_CASE("a suspension is no end: a sink is not told to finish, and keeps what is open") {
  Board board{.shelves = {{"a", events(100), false}}};
  Vault<Event> vault;
  int finishes = 0;
  Topology t("copy");
  t.source("in", Shelves{&board}).to("out", Holding{.vault = &vault, .finishes = &finishes});
  sim::Env env;
  Pipeline pipeline(std::move(t), {.state_directory = "state"});
  CHECK(kit::suspend(env, pipeline) == "suspended");
  CHECK(finishes == 0);
  CHECK(vault.commits == 1);
  CHECK(vault.visible.empty());
}
