// SPDX-License-Identifier: BSL-1.0
// Pipelines whose keyed steps keep their state in RocksDB.
#include "backend.hpp"

#if MILLRACE_HAS_ROCKSDB
#include "catch.hpp"
#include "millrace/stream/keyed_process.hpp"
#include "runtime/kit.hpp"
#include "runtime/numbering.hpp"

using namespace kit;

namespace {

struct Summing {
  using output_type = Event;
  ValueState<int> sum{"sum"};
  auto states() { return std::tie(sum); }
  void on_record(const Event& e, Timestamp time, Emitter<Event>& out) {
    sum.update([&](int& n) { n += e.value; });
    out.emit({e.key, *sum.get(), time}, time);
  }
};

}  // namespace

TEST_CASE("two steps with state in one directory go on after suspensions as those in memory do") {
  std::vector<std::vector<Event>> results;
  for (const bool in_rocksdb : {false, true}) {
    const keyed::TemporaryDirectory directory;
    SeededRng rng(7);
    sim::Env env({.seed = 7});
    Board board{.shelves = {{"a", {}, false}}, .per_read = 7};
    Vault<Event> vault;
    const auto make = [&] {
      Topology t("numbers");
      t.source("in", Shelves{&board})
          .event_time("time", &Event::time, watermark::bounded_out_of_orderness(2s))
          .key_by(&Event::key)
          .process("numbering", Numbering{})
          .key_by(&Event::key)
          .process("sums/of them", Summing{})
          .to("out", Safe<Event>(vault));
      std::shared_ptr<StateBackend> backend;
      if (in_rocksdb) backend = keyed::rocksdb_in(directory.path(), {500});
      return Pipeline(std::move(t), {.parallelism = 1 + static_cast<unsigned>(rng.below(4)),
                                     .state_backend = backend,
                                     .state_directory = "state"});
    };
    for (int n = 40; n < 200; n += 40) {
      board.shelves[0].events = events(n);
      Pipeline pipeline = make();
      REQUIRE(suspend(env, pipeline) == "suspended");
    }
    board.shelves[0] = {"a", events(200), true};
    Pipeline pipeline = make();
    REQUIRE(run(env, pipeline) == "finished");
    results.push_back(sorted(vault.visible));
  }
  CHECK(results[0].size() > 200);
  CHECK(results[0] == results[1]);
}

TEST_CASE("a pipeline whose state's directory can't be fails with the step and the directory") {
  const auto backend = rocksdb_state({.directory = "/dev/null/rows"});
  Board board{.shelves = {{"a", events(10)}}};
  Store<Event> store;
  Topology t("numbers");
  t.source("in", Shelves{&board})
      .key_by(&Event::key)
      .process("sums", Summing{})
      .to("out", Collect<Event>{&store});
  const std::string ended = run(std::move(t), {.state_backend = backend});
  CHECK(ended.starts_with("failed: step \"sums\": its state in RocksDB at /dev/null/rows: "));
}

#endif
