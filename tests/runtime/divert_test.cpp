// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "millrace/testing/memory.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

struct Opaque {
  int hidden = 0;
};

/// A pipeline with a checkpoint after 25 events, and 15 more to come.
struct Upgrade {
  sim::Env env;
  Board board{.shelves = {{"a", events(25), false}}};
  Vault<Event> vault;

  Topology version(int factor) {
    Topology t("job");
    t.source("in", Shelves{&board})
        .map("scale",
             [=](const Event& e) {
               return Event{e.key, e.value * factor, e.time};
             })
        .to("out/put", Safe<Event>(vault));
    return t;
  }
  Upgrade() {
    Pipeline pipeline(version(1), {.state_directory = "state"});
    REQUIRE(kit::suspend(env, pipeline) == "suspended");
    board.shelves[0] = {"a", events(40)};
  }
  std::string run_diverted(int factor, const std::string& directory) {
    Pipeline pipeline(version(factor), {.state_directory = "state", .divert_directory = directory});
    return run(env, pipeline);
  }
};

}  // namespace

TEST_CASE(
    "a diverted pipeline begins with the checkpoint and writes to files instead of its sinks") {
  Upgrade u;
  const std::size_t visible = u.vault.visible.size();
  const int commits = u.vault.commits, aborts = u.vault.aborts;
  CHECK(u.run_diverted(1, "before") == "finished");
  CHECK(u.run_diverted(2, "after") == "finished");
  std::string before, after;
  for (int i = 25; i < 40; ++i) {
    before += "event " + std::to_string(i) + "\n";
    after += "event " + std::to_string(2 * i) + "\n";
  }
  CHECK(u.env.disk().contents("before/out%2Fput.0.lines") == before);
  CHECK(u.env.disk().contents("after/out%2Fput.0.lines") == after);
  CHECK(u.vault.visible.size() == visible);
  CHECK(u.vault.commits == commits);
  CHECK(u.vault.aborts == aborts);
  SECTION("and the pipeline itself goes on as if nothing had been") {
    Pipeline pipeline(u.version(1), {.state_directory = "state"});
    CHECK(run(u.env, pipeline) == "finished");
    CHECK(u.vault.visible == events(40));
  }
}

TEST_CASE("two diverted runs do not mix in one directory") {
  Upgrade u;
  CHECK(u.run_diverted(1, "tried") == "finished");
  CHECK(u.run_diverted(2, "tried").find("tried/out%2Fput.0.lines") != std::string::npos);
}

TEST_CASE("a diverted pipeline refuses the checkpoint of another one") {
  Upgrade u;
  Topology t("other");
  t.source("in", Shelves{&u.board}).to("out", Safe<Event>(u.vault));
  Pipeline pipeline(std::move(t), {.state_directory = "state", .divert_directory = "tried"});
  CHECK(run(u.env, pipeline).find("\"job\"") != std::string::npos);
}

TEST_CASE("line breaks in a diverted value stay within its line") {
  Board board;
  sim::Env env;
  Topology t("lines");
  t.source("in", testing::From(std::vector<std::string>{"a\nb", "c\\n"}))
      .to("out", testing::Into<std::string>());
  Pipeline pipeline(std::move(t), {.divert_directory = "tried"});
  CHECK(run(env, pipeline) == "finished");
  CHECK(env.disk().contents("tried/out.0.lines") == "a\\nb\nc\\\\n\n");
}

TEST_CASE("a sink of values that can't be written down can't be diverted") {
  Board board{.shelves = {{"a", events(3)}}};
  Store<Opaque> store;
  sim::Env env;
  Topology t("opaque");
  t.source("in", Shelves{&board})
      .map("hide", [](const Event& e) { return Opaque{e.value}; })
      .to("out", Collect<Opaque>{&store});
  Pipeline pipeline(std::move(t), {.divert_directory = "tried"});
  CHECK(run(env, pipeline).find("step \"out\": can't be diverted: its values have no bytes") !=
        std::string::npos);
}
