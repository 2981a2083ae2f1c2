// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

/// A sink that says what it promises.
struct ById {
  void write(const Batch<Event>&, Context&) {}
  Guarantee guarantee() const { return Guarantee::effectively_once; }
};

/// Two-phase unless told otherwise.
struct Optional : Safe<Event> {
  bool on;
  Optional(Vault<Event>& v, bool o) : Safe<Event>(v), on(o) {}
  bool two_phase() const { return on; }
};

struct Paths {
  Board board{.shelves = {{"a", events(10)}}};
  Vault<Event> vault;
  Store<Event> store;

  std::vector<PathGuarantee> of(PipelineOptions options) {
    Topology t("paths");
    auto one = t.source("one", Shelves{&board});
    auto two = t.source("two", Shelves{&board});
    one.to("safe", Safe<Event>(vault));
    two.to("plain", Collect<Event>{&store});
    auto both = one.merge("both", two);
    both.to("by id", ById{});
    both.to("on", Optional(vault, true));
    two.to("off", Optional(vault, false));
    return Pipeline(std::move(t), std::move(options)).guarantees();
  }
};

std::string brief(const std::vector<PathGuarantee>& paths) {
  std::string text;
  for (const auto& p : paths)
    text += p.source + ">" + p.sink + "=" + std::string(to_string(p.guarantee)) + "\n";
  return text;
}

}  // namespace

TEST_CASE("each way from a source to a sink has the guarantee of its sink") {
  CHECK(brief(Paths().of({.state_directory = "state", .checkpoints = {.interval = 1s}})) ==
        "one>safe=exactly-once\n"
        "one>by id=effectively-once\n"
        "one>on=exactly-once\n"
        "two>plain=at-least-once\n"
        "two>by id=effectively-once\n"
        "two>on=exactly-once\n"
        "two>off=at-least-once\n");
}

TEST_CASE("a guarantee says why it is no more, and what would raise it") {
  Paths paths;
  CHECK(to_text({paths.of({.state_directory = "state", .checkpoints = {.interval = 1s}})[3]}) ==
        "two -> plain: at-least-once; the sink shows records at once, and those since the last "
        "checkpoint come again; to raise it: a two-phase sink, or one with deterministic ids\n");
  CHECK(to_text({paths.of({.state_directory = "state"})[0]}) ==
        "one -> safe: exactly-once; the sink shows records when their checkpoint is decided; to "
        "raise it: nothing; a checkpoints.interval would show them before the pipeline ends\n");
}

TEST_CASE("without a place for checkpoints nothing is promised") {
  for (const PathGuarantee& path : Paths().of({.checkpoints = {.interval = 1s}})) {
    CHECK(path.guarantee == Guarantee::none);
    CHECK(path.remedy == "set PipelineOptions::state_directory");
  }
}
