// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

/// A pipeline that is suspended with an open window and positions in its snapshot.
struct Suspended {
  sim::Env env;
  Board board{.shelves = {{"a", events(25), false}}};
  Store<Sum> store;
  Store<Event> plain;

  Pipeline make(const std::string& name = "job", const std::string& step = "out") {
    Topology t(name);
    sums(t.source("in", Shelves{&board})).to(step, Collect<Sum>{&store});
    return Pipeline(std::move(t), {.state_directory = "state"});
  }
  std::string suspend() {
    Pipeline pipeline = make();
    return kit::suspend(env, pipeline);
  }
  /// Every file of the checkpoints, with what is in it.
  std::map<std::string, std::string> files() {
    std::map<std::string, std::string> all;
    for (const std::string& path : env.disk().paths())
      if (const auto bytes = env.disk().contents(path); bytes && path.starts_with("state/chk-"))
        all[path] = *bytes;
    return all;
  }
  /// What a start with this topology ends with.
  std::string restart(Topology topology, PipelineOptions options = {}) {
    options.state_directory = "state";
    Pipeline pipeline(std::move(topology), std::move(options));
    return run(env, pipeline);
  }
};

struct Warnings final : Observer {
  std::vector<std::string> texts;
  void on_warning(std::string_view text) override { texts.emplace_back(text); }
};

}  // namespace

TEST_CASE("another pipeline's checkpoints are refused, and left alone") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  const auto before = s.files();
  REQUIRE_FALSE(before.empty());
  Pipeline pipeline = s.make("other");
  CHECK(run(s.env, pipeline) ==
        "failed: state directory state: its checkpoints are of pipeline \"job\", this one is "
        "\"other\"; give this one a directory of its own");
  CHECK(s.files() == before);
}

TEST_CASE(
    "a checkpoint with the state of a step that is gone is refused unless it may be dropped") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  Store<Event> store;
  const auto copy = [&] {
    Topology t("job");
    t.source("in", Shelves{&s.board}).to("out", Collect<Event>{&store});
    return t;
  };
  CHECK(s.restart(copy()) ==
        "failed: checkpoint 1 of pipeline \"job\" holds state of step \"time\", which this "
        "topology lacks; give the step its old name, or drop that state by "
        "PipelineOptions::checkpoints.drop = {\"time\"}");
  s.board.shelves[0].events = events(30);
  s.board.shelves[0].closed = true;
  CHECK(s.restart(copy(), {.checkpoints = {.drop = {"time", "sums"}}}) == "finished");
  CHECK(store.values == events(5, 4, 25));
}

TEST_CASE("a step that became another kind is refused unless its state may be dropped") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  Store<Event> store;
  const auto changed = [&] {
    Topology t("job");
    t.source("in", Shelves{&s.board})
        .map("time", [](const Event& e) { return e; })
        .map("sums", [](const Event& e) { return e; })
        .to("out", Collect<Event>{&store});
    return t;
  };
  CHECK(s.restart(changed()) ==
        "failed: checkpoint 1 of pipeline \"job\" holds state of step \"time\", which was of kind "
        "\"event_time\" and is of kind \"map\" now; give the changed step a new name, or drop that "
        "state by PipelineOptions::checkpoints.drop = {\"time\"}");
  s.board.shelves[0].closed = true;
  CHECK(s.restart(changed(), {.checkpoints = {.drop = {"time", "sums"}}}) == "finished");
}

TEST_CASE("what a two-phase sink had prepared is not forgotten by a plain one in its place") {
  Suspended s;
  Vault<Event> vault;
  const auto copy = [&](auto sink) {
    Topology t("job");
    t.source("in", Shelves{&s.board}).to("out", std::move(sink));
    return t;
  };
  vault.fail_at_commit = 1;
  s.board.shelves[0].closed = true;
  REQUIRE(s.restart(copy(Safe<Event>(vault))) == "failed: step \"out\": the vault does not open");
  CHECK(s.restart(copy(Collect<Event>{&s.plain})) ==
        "failed: checkpoint 1 of pipeline \"job\" holds state of step \"out\": what its sink had "
        "prepared, and this one is not two-phase; when the last run was suspended or finished, all "
        "of that is visible already; otherwise start once more with the old sink, or drop that "
        "state by PipelineOptions::checkpoints.drop = {\"out\"}");
  CHECK(s.plain.values.empty());
  SECTION("the old sink shows it") {
    CHECK(s.restart(copy(Safe<Event>(vault))) == "finished");
    CHECK(vault.visible == events(25));
  }
  SECTION("it may be dropped") {
    CHECK(s.restart(copy(Collect<Event>{&s.plain}), {.checkpoints = {.drop = {"out"}}}) ==
          "finished");
    CHECK(vault.visible.empty());
  }
}

TEST_CASE("a step that a checkpoint does not know begins without state, and a person hears of it") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  Store<Event> extra;
  Warnings warnings;
  Topology t("job");
  auto in = t.source("in", Shelves{&s.board});
  sums(in).to("out", Collect<Sum>{&s.store});
  in.to("copy", Collect<Event>{&extra});
  s.board.shelves[0].closed = true;
  const std::string ended = s.restart(std::move(t), {.observer = &warnings});
  CHECK(ended == "finished");
  CHECK(warnings.texts ==
        std::vector<std::string>{"step \"copy\" is not in checkpoint 1 and begins without state"});
}

TEST_CASE("a start from a named checkpoint goes on from there") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");  // 1, after 25 events
  s.board.shelves[0].events = events(40);
  REQUIRE(s.suspend() == "suspended");  // 3: 2 is the start of that process
  Store<Event> store;
  Topology t("job");
  auto in = t.source("in", Shelves{&s.board});
  sums(in).to("out", Collect<Sum>{&s.store});
  in.to("copy", Collect<Event>{&store});
  s.board.shelves[0].closed = true;
  const std::string ended = s.restart(std::move(t), {.checkpoints = {.restore_from = 1}});
  CHECK(ended == "finished");
  CHECK(store.values == events(15, 4, 25));
}

TEST_CASE("a damaged checkpoint is refused where a sink would double what it made visible") {
  sim::Env env;
  Board board{.shelves = {{"a", events(25), false}}};
  Vault<Event> vault;
  const auto suspend = [&] {
    Topology t("job");
    t.source("in", Shelves{&board}).to("out", Safe<Event>(vault));
    Pipeline pipeline(std::move(t), {.state_directory = "state"});
    return kit::suspend(env, pipeline);
  };
  REQUIRE(suspend() == "suspended");  // 1
  board.shelves[0].events = events(40);
  REQUIRE(suspend() == "suspended");  // 3
  REQUIRE(vault.visible == events(40));
  env.disk().flip_bit("state/chk-3/MANIFEST", 40, 3).value();
  CHECK(
      suspend() ==
      "failed: checkpoint 3 is damaged: state/chk-3/MANIFEST, offset 36: what follows does not "
      "match its checksum; step \"out\" is exactly-once, and what it made visible since checkpoint "
      "1 would come again; bring the file back from a copy, or accept that by "
      "PipelineOptions::checkpoints.restore_from = 1");
  CHECK(vault.visible == events(40));
}

TEST_CASE("a damaged checkpoint is passed over with a warning where no sink is exactly-once") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  s.board.shelves[0].events = events(40);
  REQUIRE(s.suspend() == "suspended");
  s.env.disk().flip_bit("state/chk-3/MANIFEST", 40, 3).value();
  Warnings warnings;
  Topology t("job");
  sums(t.source("in", Shelves{&s.board})).to("out", Collect<Sum>{&s.store});
  s.board.shelves[0].closed = true;
  const std::string ended = s.restart(std::move(t), {.observer = &warnings});
  CHECK(ended == "finished");
  REQUIRE(warnings.texts.size() == 1);
  CHECK(warnings.texts[0].starts_with("checkpoint 3 is damaged and passed over: "));
}

TEST_CASE("a start from a named checkpoint passes over a newer one, damaged or not") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  s.board.shelves[0].events = events(40);
  REQUIRE(s.suspend() == "suspended");
  s.env.disk().flip_bit("state/chk-3/MANIFEST", 40, 3).value();
  Vault<Sum> vault;
  Topology t("job");
  sums(t.source("in", Shelves{&s.board})).to("out", Safe<Sum>(vault));
  s.board.shelves[0].closed = true;
  const std::string ended = s.restart(std::move(t), {.checkpoints = {.restore_from = 1}});
  CHECK(ended == "finished");
  CHECK_FALSE(vault.visible.empty());
}

TEST_CASE("a start from a checkpoint that is not there says so") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  Topology t("job");
  sums(t.source("in", Shelves{&s.board})).to("out", Collect<Sum>{&s.store});
  const std::string ended = s.restart(std::move(t), {.checkpoints = {.restore_from = 7}});
  CHECK(
      ended ==
      "failed: state directory state: there is no checkpoint 7; millrace checkpoint ls state shows "
      "those that are");
}

TEST_CASE("a state directory that another pipeline runs on is refused until that one ends") {
  Suspended s;
  Pipeline first = s.make();
  End end;
  start(s.env, first, end);
  s.env.run_for(1s);
  Pipeline second = s.make();
  End refused;
  start(s.env, second, refused);
  s.env.run_for(1s);
  CHECK(refused.text().starts_with("failed: "));
  CHECK(refused.text().find("pipeline \"job\", started 2020-01-01") != std::string::npos);
  first.stop();
  s.env.run();
  CHECK(end.text() == "suspended");
  s.board.shelves[0].closed = true;
  CHECK(run(s.env, second) == "finished");
}

TEST_CASE("a disk that is full fails the suspension, and the checkpoint before stays valid") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  s.board.shelves[0].events = events(27);
  s.env.disk().set_capacity(ByteSize{s.env.disk().used().bytes + 300});
  const std::string end = s.suspend();
  CHECK(end.starts_with("failed: "));
  CHECK(end.find("state/") != std::string::npos);
  s.env.disk().set_capacity(1_GiB);
  CHECK(s.suspend() == "suspended");
  s.board.shelves[0].closed = true;
  Pipeline pipeline = s.make();
  CHECK(run(s.env, pipeline) == "finished");
  CHECK(s.board.read == 27 + 2);  // the two that the failed suspension had read
}

TEST_CASE("a call that fails while a checkpoint is written leaves the one before") {
  for (const sim::FileCall call :
       {sim::FileCall::open, sim::FileCall::write, sim::FileCall::sync, sim::FileCall::rename}) {
    INFO("call " << static_cast<int>(call));
    Suspended s;
    REQUIRE(s.suspend() == "suspended");
    s.board.shelves[0].events = events(27);
    s.env.disk().inject(
        {.call = call, .fault = sim::FileFault::io, .probability = 1, .path_contains = "state/"});
    CHECK(s.suspend().starts_with("failed: "));
    s.env.disk().heal();
    CHECK(s.suspend() == "suspended");
    s.board.shelves[0].closed = true;
    Pipeline pipeline = s.make();
    CHECK(run(s.env, pipeline) == "finished");
  }
}
