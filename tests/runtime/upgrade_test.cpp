// SPDX-License-Identifier: BSL-1.0
// A new version of a program goes on from the state of the old one, whose types were others.
#include "catch.hpp"
#include "millrace/core/describe.hpp"
#include "millrace/core/rng.hpp"
#include "runtime/kit.hpp"

using namespace kit;

namespace {

/// Several ids have one label.
std::string label_of(int id) { return std::string(static_cast<std::size_t>(id % 3) * 9, 'l'); }

struct OldKey {
  std::string label;
  std::int32_t id = 0;
  bool operator==(const OldKey&) const = default;
  static OldKey of(const Event& e) { return {label_of(e.key), e.key}; }
};
struct NewKey {  // has lost the label, and has gained a site
  std::int32_t id = 0;
  std::int16_t site = 7;
  bool operator==(const NewKey&) const = default;
  static NewKey of(const Event& e) { return {e.key, 7}; }
};
struct OtherKey {  // its id is another type
  std::string id;
  bool operator==(const OtherKey&) const = default;
  static OtherKey of(const Event& e) { return {std::to_string(e.key)}; }
};
struct CoarseKey {  // the ids are gone, which told keys apart
  std::string label;
  bool operator==(const CoarseKey&) const = default;
  static CoarseKey of(const Event& e) { return {label_of(e.key)}; }
};
constexpr auto describe(type<OldKey>) { return fields("label", &OldKey::label, "id", &OldKey::id); }
constexpr auto describe(type<NewKey>) { return fields("id", &NewKey::id, "site", &NewKey::site); }
constexpr auto describe(type<OtherKey>) { return fields("id", &OtherKey::id); }
constexpr auto describe(type<CoarseKey>) { return fields("label", &CoarseKey::label); }

struct OldTotal {
  std::int32_t unused = 0;
  std::int64_t total = 0;
};
struct NewTotal {
  std::int64_t total = 0;
  std::vector<std::int32_t> bonus = {100, 20};
};
struct OtherTotal {
  double total = 0;
};
constexpr auto describe(type<OldTotal>) {
  return fields("unused", &OldTotal::unused, "total", &OldTotal::total);
}
constexpr auto describe(type<NewTotal>) {
  return fields("total", &NewTotal::total, "bonus", &NewTotal::bonus);
}
constexpr auto describe(type<OtherTotal>) { return fields("total", &OtherTotal::total); }

template <class S>
struct Totals {
  using State = S;
  void add(State& s, const Event& e) const { s.total += e.value; }
  std::int64_t result(const State& s) const {
    if constexpr (requires { s.bonus; })
      return s.total + s.bonus[0] + s.bonus[1];
    else
      return static_cast<std::int64_t>(s.total) + 120;
  }
};

/// A version of the program. Its results say an event's key and no more.
template <class Key, class Total>
Topology version(Board& board, Vault<Sum>& out) {
  Topology t("job");
  t.source("in", Shelves{&board}, {.batch_records = 16})
      .event_time("time", &Event::time, watermark::bounded_out_of_orderness(2s))
      .key_by(&Key::of)
      .window(tumbling(10s))
      .aggregate("totals", Totals<Total>())
      .map("plain",
           [](const Windowed<Key, std::int64_t>& w) {
             int id = 0;
             if constexpr (std::is_same_v<Key, OldKey> || std::is_same_v<Key, NewKey>)
               id = w.key.id;
             return Sum{id, w.window, w.value, w.fire};
           })
      .to("out", Safe<Sum>(out));
  return t;
}

std::vector<Board::Shelf> two_shelves() {
  return {{"a", events(200, 7)}, {"b", events(200, 7, 3)}};
}

std::vector<Sum> without_stop() {
  Board board{.shelves = two_shelves()};
  Vault<Sum> out;
  sim::Env env;
  Pipeline pipeline(version<NewKey, NewTotal>(board, out));
  REQUIRE(run(env, pipeline) == "finished");
  return sorted(out.visible);
}

/// The old program on a disk, suspended with windows open.
struct Suspended {
  sim::Env env;
  Board board{.shelves = {{"a", events(20, 7), false}}};
  Vault<Sum> out;
  Suspended() {
    Pipeline pipeline(version<OldKey, OldTotal>(board, out), {.state_directory = "state"});
    REQUIRE(kit::suspend(env, pipeline) == "suspended");
    board.shelves[0].closed = true;
  }
  template <class Key, class Total>
  std::string go_on(PipelineOptions options = {}) {
    options.state_directory = "state";
    Pipeline pipeline(version<Key, Total>(board, out), std::move(options));
    return run(env, pipeline);
  }
};

}  // namespace

TEST_CASE(
    "a program whose key and accumulator gained and lost a field goes on as if it had always run, "
    "at any parallelism") {
  const auto expected = without_stop();
  REQUIRE(expected.size() > 100);
  std::uint64_t upgrades = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    Board board{.shelves = two_shelves()};
    board.per_read = 1 + seed % 5;
    Vault<Sum> out;
    SeededRng rng(seed);
    sim::Disk disk(seed);
    const auto options = [&] {
      return PipelineOptions{.parallelism = 1 + static_cast<unsigned>(rng.below(3)),
                             .state_directory = "state"};
    };
    std::string ended;
    {
      sim::Env env({.seed = seed}, disk);
      Pipeline pipeline(version<OldKey, OldTotal>(board, out), options());
      End end;
      start(env, pipeline, end);
      for (std::uint64_t i = rng.below(120); i > 0 && env.run_one(); --i) {
      }
      pipeline.stop();
      REQUIRE(env.run() == sim::Ended::all_done);
      ended = end.text();
    }
    if (ended == "suspended") {
      ++upgrades;
      sim::Env env({.seed = seed}, disk);
      Pipeline pipeline(version<NewKey, NewTotal>(board, out), options());
      ended = run(env, pipeline);
    }
    REQUIRE(ended == "finished");
    REQUIRE(sorted(out.visible) == expected);
  }
  CHECK(upgrades > 50);
}

TEST_CASE("a changed type is refused with the step, both versions, the place and what to do") {
  Suspended job;
  CHECK(job.go_on<OtherKey, NewTotal>() ==
        "failed: step \"totals\": the key was written as struct{label:string,id:i32}, this program "
        "has struct{id:string}: at id, i32 became string; fields of a described struct may come "
        "and go, and numbers widen: keep the old type otherwise, or give the changed step a new "
        "name, or drop that state by PipelineOptions::checkpoints.drop = {\"totals\"}");
  CHECK(job.go_on<NewKey, OtherTotal>() ==
        "failed: step \"totals\": the aggregation's state was written as "
        "struct{unused:i32,total:i64}, this program has struct{total:f64}: at total, i64 became "
        "f64; fields of a described struct may come and go, and numbers widen: keep the old type "
        "otherwise, or give the changed step a new name, or drop that state by "
        "PipelineOptions::checkpoints.drop = {\"totals\"}");
  SECTION("and the state is still there for a program that reads it") {
    CHECK(job.go_on<NewKey, NewTotal>() == "finished");
    CHECK(job.out.visible.size() == 14);
  }
  SECTION("unless it is dropped by name") {
    CHECK(job.go_on<OtherKey, NewTotal>({.checkpoints = {.drop = {"totals"}}}) == "finished");
    CHECK(job.out.visible.size() == 7);  // of the window that had fired before
  }
}

TEST_CASE("keys that become one key are refused, since their states can't be merged") {
  Suspended job;
  CHECK(job.go_on<CoarseKey, OldTotal>() ==
        "failed: step \"totals\": the key was written as struct{label:string,id:i32}, this program "
        "has struct{label:string}: two keys of a window have become one, and an aggregation can't "
        "merge their states; keep the field that told them apart, or give the changed step a new "
        "name, or drop that state by PipelineOptions::checkpoints.drop = {\"totals\"}");
  CHECK(job.go_on<OldKey, OldTotal>() == "finished");
  CHECK(job.out.visible.size() == 14);
}
