// SPDX-License-Identifier: BSL-1.0
#include "millrace/log/transactional_sink.hpp"

#include <algorithm>

#include "catch.hpp"
#include "coroutine_fixture.hpp"

using namespace log_test;

static_assert(SinkOf<TransactionalSink, Message> && TwoPhaseSink<TransactionalSink>);

namespace {

std::vector<std::string> visible(sim::Env& sim, std::uint32_t shards) {
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < shards; ++i) {
    const auto records = read_shard(sim.env(), i).value();
    all.insert(all.end(), records.begin(), records.end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::size_t spools(sim::Env& sim) {
  const auto names = sim.env().fs.list(dir + "/spool");
  return names ? names->size() : 0;
}

}  // namespace

TEST_CASE("records become visible with the commit, all of them and once") {
  sim::Env sim;
  Step step(sim);
  TransactionalSink sink(dir, {.log = {.shards = 2}});
  write(step, sink, {"a=1", "b=2"});
  write(step, sink, {"c=3"});
  const Committable first = step.run(sink.prepare(1, step.cx));
  CHECK(visible(sim, 2).empty());
  step.run(sink.commit(first, step.cx));
  CHECK(visible(sim, 2) == std::vector<std::string>{"1", "2", "3"});
  CHECK(spools(sim) == 0);
  step.run(sink.commit(first, step.cx));
  CHECK(visible(sim, 2).size() == 3);
}

TEST_CASE("a checkpoint without records commits nothing") {
  sim::Env sim;
  Step step(sim);
  TransactionalSink sink(dir, {.log = {.shards = 1}});
  const Committable none = step.run(sink.prepare(1, step.cx));
  CHECK(none.bytes.empty());
  step.run(sink.commit(none, step.cx));
  CHECK(visible(sim, 1).empty());
}

TEST_CASE("a commit finds its spool when the stream was moved since") {
  sim::Env sim;
  Step step(sim);
  Committable prepared;
  {
    TransactionalSink before("before", {.log = {.shards = 1}});
    write(step, before, {"a=1"});
    prepared = step.run(before.prepare(1, step.cx));
  }
  sim.env().fs.rename("before", dir).value();
  TransactionalSink after(dir, {.log = {.shards = 1}});
  step.run(after.commit(prepared, step.cx));
  CHECK(visible(sim, 1) == std::vector<std::string>{"1"});
}

TEST_CASE("at a start what no checkpoint lists is dropped, and others' spools stay") {
  sim::Env sim;
  Step step(sim);
  TransactionalSink other(dir, {.log = {.shards = 1}, .producer = "other"});
  write(step, other, {"a=theirs"});
  const Committable theirs = step.run(other.prepare(1, step.cx));
  {
    TransactionalSink sink(dir, {.log = {.shards = 1}});
    write(step, sink, {"a=listed"});
    const Committable listed = step.run(sink.prepare(1, step.cx));
    write(step, sink, {"a=lost"});
    static_cast<void>(step.run(sink.prepare(2, step.cx)));
    TransactionalSink restarted(dir, {.log = {.shards = 1}});
    step.run(restarted.commit(listed, step.cx));
    step.run(restarted.abort(step.cx));
  }
  CHECK(spools(sim) == 1);
  step.run(other.commit(theirs, step.cx));
  CHECK(visible(sim, 1) == std::vector<std::string>{"listed", "theirs"});
}

TEST_CASE("a commit is known again although the log has changed segments since") {
  sim::Env sim;
  Step step(sim);
  const Options options{.shards = 1, .segment_size = 1_KiB};
  TransactionalSink sink(dir, {.log = options});
  write(step, sink, {"a=once"});
  const Committable first = step.run(sink.prepare(1, step.cx));
  const auto spool = sim.env().fs.list(dir + "/spool").value().at(0);
  const std::string bytes = *sim.disk().contents(dir + "/spool/" + spool);
  step.run(sink.commit(first, step.cx));
  Log log = Log::open(sim.env(), dir, options).value();
  for (int i = 0; i < 50; ++i) put(log, std::string(100, 'x'));
  // As if the spool's removal had been lost with the power.
  overwrite(sim.env(), dir + "/spool/" + spool, bytes);
  TransactionalSink restarted(dir, {.log = options});
  step.run(restarted.commit(first, step.cx));
  const auto all = visible(sim, 1);
  CHECK(std::count(all.begin(), all.end(), "once") == 1);
  CHECK(all.size() == 51);
}

TEST_CASE("a new segment whose sync failed is made anew, with the ledger of transactions") {
  for (std::uint64_t nth = 1; nth <= 26; ++nth) {
    INFO("sync " << nth);
    sim::Env sim;
    Step step(sim);
    const Options options{.shards = 1, .segment_size = 1_KiB};
    std::vector<std::string> kept = {"once"};
    {
      TransactionalSink sink(dir, {.log = options});
      write(step, sink, {"a=once"});
      step.run(sink.commit(step.run(sink.prepare(1, step.cx)), step.cx));
      Log log = Log::open(sim.env(), dir, options).value();
      sim.disk().inject({.call = sim::FileCall::sync, .at_call = nth, .path_contains = ".seg"});
      for (int i = 0; i < 20; ++i) {
        const std::string data = std::to_string(i) + std::string(100, 'x');
        if (log.append(Record{.data = data, .key = "k"})) kept.push_back(data);
      }
      CHECK(kept.size() == 20);
    }
    sim.crash();
    const auto opened = Log::open(sim.env(), dir, options);
    INFO((opened ? std::string() : opened.error().message()));
    REQUIRE(opened);
    std::ranges::sort(kept);
    CHECK(visible(sim, 1) == kept);
  }
}

TEST_CASE("a spool that is damaged or gone is an error, never a part of a transaction") {
  sim::Env sim;
  Step step(sim);
  TransactionalSink sink(dir, {.log = {.shards = 1}});
  write(step, sink, {"a=1"});
  const Committable first = step.run(sink.prepare(1, step.cx));
  const std::string path = dir + "/spool/" + sim.env().fs.list(dir + "/spool").value().at(0);
  sim.disk().flip_bit(path, 40, 3).value();
  CHECK_THROWS_WITH(step.run(sink.commit(first, step.cx)),
                    Catch::Contains("at offset 0: a damaged frame"));
  sim.env().fs.remove(path).value();
  CHECK_THROWS_WITH(step.run(sink.commit(first, step.cx)),
                    Catch::Contains("no shard has taken it"));
  CHECK_THROWS_WITH(step.run(sink.commit({"junk"}, step.cx)),
                    Catch::Contains("not one of this sink's"));
  CHECK(visible(sim, 1).empty());
}

namespace {

// A job that commits numbered transactions; power is lost at random calls, then it goes on as a
// pipeline does: commit what the checkpoint lists, abort, write again from there.
void crash_and_restart(std::uint64_t seed, sim::DiskModel model) {
  INFO("seed " << seed << " model " << static_cast<int>(model));
  SeededRng rng(seed);
  sim::Disk disk(seed, {.model = model});
  sim::Env sim({.seed = seed}, disk);
  const TransactionalOptions options{.log = {.shards = 2, .segment_size = 2_KiB, .reserve = 512_B}};
  std::vector<std::string> expected;
  std::optional<Committable> decided;  // what the manifest lists
  int next = 0;
  for (int life = 0; life < 6; ++life) {
    Step step(sim);
    disk.inject({.call = sim::FileCall::write, .at_call = 4 + rng.below(40)});
    disk.inject({.call = sim::FileCall::sync, .at_call = 4 + rng.below(40)});
    disk.inject({.call = sim::FileCall::remove, .at_call = 1 + rng.below(10)});
    try {
      TransactionalSink sink(dir, options);
      if (decided) step.run(sink.commit(*decided, step.cx));
      step.run(sink.abort(step.cx));
      for (CheckpointId id = 1; id < 8; ++id) {
        std::vector<std::string> records;
        for (std::uint64_t i = 0; i <= rng.below(6); ++i)
          records.push_back("k" + std::to_string(i) + '=' +
                            std::to_string(1000 + next + static_cast<int>(i)));
        write(step, sink, records);
        Committable prepared = step.run(sink.prepare(id, step.cx));
        next += static_cast<int>(records.size());
        decided = std::move(prepared);  // from here on these records must come out
        for (const auto& r : records) expected.push_back(r.substr(r.find('=') + 1));
        step.run(sink.commit(*decided, step.cx));
      }
    } catch (const Failure&) {
    }
    disk.heal();
    rng.below(2) == 0 ? sim.crash() : sim.kill();
  }
  Step step(sim);
  TransactionalSink sink(dir, options);
  if (decided) step.run(sink.commit(*decided, step.cx));
  step.run(sink.abort(step.cx));
  CHECK(visible(sim, 2) == expected);
}

}  // namespace

TEST_CASE("whatever fails and whenever power goes, each decided transaction is there once") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    for (const auto model : {sim::DiskModel::strict, sim::DiskModel::ext4})
      crash_and_restart(seed, model);
}
