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

  Pipeline make(const std::string& name = "job", const std::string& step = "out") {
    Topology t(name);
    sums(t.source("in", Shelves{&board})).to(step, Collect<Sum>{&store});
    return Pipeline(std::move(t), {.state_directory = "state"});
  }
  std::string suspend() {
    Pipeline pipeline = make();
    End end;
    start(env, pipeline, end);
    env.run_for(1s);
    pipeline.stop();
    env.run();
    return end.text();
  }
  void put(const std::string& bytes) {
    Fs& fs = env.env().fs;
    auto file = fs.open("state/snapshot", OpenMode::create).value();
    file->truncate(0).value();
    file->write_at(0, bytes).value();
    file->sync().value();
  }
  std::string get() { return env.disk().contents("state/snapshot").value(); }
};

}  // namespace

TEST_CASE("a snapshot with any bit turned over is refused, never half believed") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  const std::string good = s.get();
  for (std::size_t i = 0; i < good.size(); ++i) {
    INFO("offset " << i);
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    s.put(bad);
    Pipeline pipeline = s.make();
    const std::string end = run(s.env, pipeline);
    if (i < 6)
      CHECK(end ==
            "failed: snapshot state/snapshot: it is not a snapshot; restore the file, or remove "
            "it to start without it");
    else if (i < 8)
      CHECK(end.find("is newer than this library's, 01") != std::string::npos);
    else
      CHECK(end ==
            "failed: snapshot state/snapshot: its check does not match at offset 24; restore the "
            "file, or remove it to start without it");
  }
}

TEST_CASE("a snapshot cut at any length is refused") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  const std::string good = s.get();
  for (std::size_t n = 0; n < good.size(); ++n) {
    INFO("length " << n);
    s.put(good.substr(0, n));
    Pipeline pipeline = s.make();
    const std::string end = run(s.env, pipeline);
    CHECK(end == "failed: snapshot state/snapshot: " +
                     (n < 24 ? "it has " + std::to_string(n) + " bytes, too few for its header"
                             : std::string("its check does not match at offset 24")) +
                     "; restore the file, or remove it to start without it");
  }
  s.put(good + "x");
  Pipeline pipeline = s.make();
  CHECK(run(s.env, pipeline).find("its check does not match") != std::string::npos);
}

TEST_CASE("a snapshot of a newer format says so") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  std::string newer = s.get();
  newer.replace(6, 2, "02");
  s.put(newer);
  Pipeline pipeline = s.make();
  CHECK(run(s.env, pipeline) ==
        "failed: snapshot state/snapshot: format 02 is newer than this library's, 01");
}

TEST_CASE("another pipeline's snapshot is refused, and left alone") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  const std::string before = s.get();
  Pipeline pipeline = s.make("other");
  CHECK(run(s.env, pipeline) ==
        "failed: state directory state: its snapshot is of pipeline \"job\", this one is "
        "\"other\"");
  CHECK(s.get() == before);
}

TEST_CASE("a snapshot with the state of a step that is gone names the step and what to do") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  Topology t("job");
  Store<Event> store;
  t.source("in", Shelves{&s.board}).to("out", Collect<Event>{&store});
  Pipeline pipeline(std::move(t), {.state_directory = "state"});
  CHECK(run(s.env, pipeline) ==
        "failed: snapshot 1 of pipeline \"job\" holds state of step \"time\", which this topology "
        "lacks; give the step its old name, or start with another state_directory");
}

TEST_CASE("a step that keeps no state any more refuses what the snapshot has for it") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  Topology t("job");
  Store<Event> store;
  t.source("in", Shelves{&s.board})
      .map("time", [](const Event& e) { return e; })
      .map("sums", [](const Event& e) { return e; })
      .to("out", Collect<Event>{&store});
  Pipeline pipeline(std::move(t), {.state_directory = "state"});
  CHECK(run(s.env, pipeline) ==
        "failed: step \"time\": the snapshot holds state for it, but this step keeps none; give "
        "the changed step a new name");
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
  CHECK(refused.text() ==
        "failed: state directory state: another process runs on it; stop that one, or give this "
        "one a directory of its own");
  first.stop();
  s.env.run();
  CHECK(end.text() == "suspended");
  s.board.shelves[0].closed = true;
  CHECK(run(s.env, second) == "finished");
}

TEST_CASE("a disk that is full fails the suspension, and the snapshot before stays valid") {
  Suspended s;
  REQUIRE(s.suspend() == "suspended");
  const std::string before = s.get();
  s.board.shelves[0].events = events(27);
  s.env.disk().set_capacity(ByteSize{s.env.disk().used().bytes + 10});
  const std::string end = s.suspend();
  CHECK(end.starts_with("failed: "));
  CHECK(end.find("state/snapshot.tmp") != std::string::npos);
  CHECK(s.get() == before);
  CHECK_FALSE(s.env.disk().contents("state/snapshot.tmp"));
  s.env.disk().set_capacity(1_GiB);
  CHECK(s.suspend() == "suspended");
  CHECK(s.get() != before);
}

TEST_CASE("a call that fails while the snapshot is written leaves the one before") {
  for (const sim::FileCall call : {sim::FileCall::open, sim::FileCall::write, sim::FileCall::sync,
                                   sim::FileCall::truncate, sim::FileCall::rename}) {
    INFO("call " << static_cast<int>(call));
    Suspended s;
    REQUIRE(s.suspend() == "suspended");
    const std::string before = s.get();
    s.board.shelves[0].events = events(27);
    s.env.disk().inject({.call = call,
                         .fault = sim::FileFault::io,
                         .probability = 1,
                         .path_contains = "snapshot.tmp"});
    CHECK(s.suspend().starts_with("failed: "));
    CHECK(s.get() == before);
    s.env.disk().heal();
    CHECK(s.suspend() == "suspended");
  }
}
