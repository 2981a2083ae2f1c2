// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/lake_sink.hpp"

#include <algorithm>
#include <sstream>

#include "catch.hpp"
#include "crashing_fs.hpp"
#include "driver.hpp"
#include "millrace/millrace.hpp"

using namespace millrace;
using namespace millrace::store;
using namespace std::chrono;

namespace {

const Timestamp day_1 = sys_days(2022y / 12 / 24) + 4h;
const Timestamp day_2 = day_1 + 24h;

LakeOptions options() {
  LakeOptions options;
  options.table.source = "us_accidents";
  options.table.source_region = "us";
  options.table.table = "accidents";
  return options;
}

std::vector<std::string> keys(const Directory& store) {
  std::vector<std::string> found;
  const ListPage page = store.list().value();
  for (const ObjectInfo& object : page.objects) found.push_back(object.key);
  return found;
}

// Messages that view `rows`.
Batch<Message> batch_of(const std::vector<std::string>& rows, Timestamp time) {
  Batch<Message> batch(static_cast<std::uint32_t>(rows.size()) + 1);
  for (const std::string& row : rows) batch.push_back({Text(row)}, time);
  return batch;
}

// Every line of every object, sorted.
std::vector<std::string> rows(const Directory& store) {
  std::vector<std::string> found;
  for (const std::string& key : keys(store)) {
    std::istringstream lines(store.get(key).value());
    for (std::string line; std::getline(lines, line);) found.push_back(line);
  }
  std::sort(found.begin(), found.end());
  return found;
}

struct Lake {
  sim::Env sim;
  Directory store = Directory::open(sim.env(), "/lake").value();
  Driver driver{sim};

  template <class Sink>
  void write(Sink& sink, const std::vector<std::string>& lines, Timestamp time = day_1) {
    const auto batch = batch_of(lines, time);
    driver.run(sink.write(batch, driver.cx));
  }
};

using Rows = std::vector<std::string>;

// One row, and then none for good.
struct OneRow {
  using value_type = Message;
  bool given = false;
  void resume(const Position&) { given = true; }
  ReadStatus read(Batch<Message>& out, Context&) {
    if (given) return ReadStatus::idle;
    given = true;
    out.push_back({Text("row")}, day_1);
    return ReadStatus::more;
  }
  Position position() const { return {"1"}; }
};

Task<> execute(Pipeline& pipeline, Env& env, std::shared_ptr<Strand> strand) {
  (void)co_await pipeline.execute(env, strand);
}

}  // namespace

TEST_CASE("flush stores what was written, one record a line, one object a day") {
  Lake lake;
  LakeSink sink(lake.store, options());
  lake.write(sink, {"{\"id\":1}", "{\"id\":2}"});
  lake.write(sink, {"{\"id\":3}"}, day_2);
  CHECK(keys(lake.store).empty());
  lake.driver.run(sink.flush(lake.driver.cx));
  const auto stored = keys(lake.store);
  REQUIRE(stored.size() == 2);
  CHECK(stored[0].find("/year=2022/month=12/day=24/accidents_20221224-1-") != std::string::npos);
  CHECK(stored[1].find("/year=2022/month=12/day=25/accidents_20221225-1-") != std::string::npos);
  CHECK(lake.store.get(stored[0]).value() == "{\"id\":1}\n{\"id\":2}\n");
}

TEST_CASE("flush without records stores nothing") {
  Lake lake;
  LakeSink sink(lake.store, options());
  lake.write(sink, {});
  lake.driver.run(sink.flush(lake.driver.cx));
  CHECK(keys(lake.store).empty());
}

TEST_CASE("an object is stored when it has its size or its age, or too many days are open") {
  Lake lake;
  LakeOptions small = options();
  small.roll_size = ByteSize{10};
  small.roll_interval = 60s;
  small.max_open = 2;
  LakeSink sink(lake.store, small);
  lake.write(sink, {"1234", "5678", "9"});
  CHECK(rows(lake.store) == Rows{"1234", "5678"});
  lake.sim.run_for(60s);
  lake.write(sink, {"x"}, day_2);
  CHECK(rows(lake.store) == Rows{"1234", "5678", "9"});
  lake.write(sink, {"yy"}, day_2 + 24h);
  lake.write(sink, {"z"}, day_2 + 48h);
  CHECK(rows(lake.store) == Rows{"1234", "5678", "9", "yy"});
}

TEST_CASE("an object is stored when it has its age, though no further record comes") {
  Lake lake;
  LakeOptions minutes = options();
  minutes.roll_interval = 60s;
  Topology t("roll");
  t.source("row", OneRow{}).to("lake", LakeSink(lake.store, minutes));
  Pipeline pipeline(std::move(t));
  auto strand = lake.sim.env().scheduler.make_strand();
  lake.sim.env().scheduler.spawn(strand, execute(pipeline, lake.sim.env(), strand));
  lake.sim.run_for(59s);
  CHECK(keys(lake.store).empty());
  lake.sim.run_for(2s);
  CHECK(rows(lake.store) == Rows{"row"});
  pipeline.stop(StopMode::abort);
  CHECK(lake.sim.run() == sim::Ended::all_done);
}

TEST_CASE("a full disk fails the write, and the object is stored once there is room") {
  Lake lake;
  LakeSink sink(lake.store, options());
  lake.write(sink, {std::string(500, 'x')});
  lake.sim.disk().set_capacity({lake.sim.disk().used().bytes + 10});
  CHECK_THROWS_AS(lake.driver.run(sink.flush(lake.driver.cx)), Failure);
  CHECK(keys(lake.store).empty());
  lake.sim.disk().set_capacity({1u << 20});
  lake.driver.run(sink.flush(lake.driver.cx));
  CHECK(rows(lake.store) == Rows{std::string(500, 'x')});
}

TEST_CASE("a process that draws the same names again replaces nothing") {
  sim::Disk disk(3);
  for (const char* row : {"first", "second"}) {
    sim::Env sim({.seed = 9}, disk);
    Directory store = Directory::open(sim.env(), "/lake").value();
    Driver driver(sim);
    LakeSink sink(store, options());
    const Rows lines{row};
    const auto batch = batch_of(lines, day_1);
    driver.run(sink.write(batch, driver.cx));
    driver.run(sink.flush(driver.cx));
    if (lines[0] == "second") CHECK(rows(store) == Rows{"first", "second"});
    disk.kill(sim.env().fs);
  }
}

TEST_CASE("exactly once: prepared objects are seen after commit, and again is no change") {
  Lake lake;
  ExactlyOnceLakeSink sink(lake.store, options());
  lake.write(sink, {"a", "b"});
  const Committable one = lake.driver.run(sink.prepare(1, lake.driver.cx));
  lake.write(sink, {"c"});
  CHECK(keys(lake.store).empty());
  lake.driver.run(sink.commit(one, lake.driver.cx));
  const auto stored = keys(lake.store);
  CHECK(rows(lake.store) == Rows{"a", "b"});
  lake.driver.run(sink.commit(one, lake.driver.cx));
  CHECK(keys(lake.store) == stored);
  const Committable two = lake.driver.run(sink.prepare(2, lake.driver.cx));
  lake.driver.run(sink.commit(two, lake.driver.cx));
  CHECK(rows(lake.store) == Rows{"a", "b", "c"});
}

TEST_CASE("exactly once: an object that has its age is staged, though no further record comes") {
  Lake lake;
  LakeOptions minutes = options();
  minutes.roll_interval = 60s;
  ExactlyOnceLakeSink sink(lake.store, minutes);
  lake.write(sink, {"a"});
  lake.sim.run_for(59s);
  lake.driver.run(sink.tick(lake.driver.cx));
  CHECK(lake.store.uploads().value().empty());
  lake.sim.run_for(1s);
  lake.driver.run(sink.tick(lake.driver.cx));
  CHECK(lake.store.uploads().value().size() == 1);
  CHECK(keys(lake.store).empty());
}

TEST_CASE("exactly once: abort drops what no checkpoint lists, also a buffer") {
  Lake lake;
  ExactlyOnceLakeSink sink(lake.store, options());
  lake.write(sink, {"lost"});
  (void)lake.driver.run(sink.prepare(1, lake.driver.cx));
  lake.write(sink, {"lost, too"});
  lake.driver.run(sink.abort(lake.driver.cx));
  CHECK(lake.store.uploads().value().empty());
  lake.write(sink, {"kept"});
  const Committable kept = lake.driver.run(sink.prepare(2, lake.driver.cx));
  lake.driver.run(sink.commit(kept, lake.driver.cx));
  CHECK(rows(lake.store) == Rows{"kept"});
}

TEST_CASE("exactly once: bytes of another sink, a foreign object, a lost upload are errors") {
  Lake lake;
  ExactlyOnceLakeSink sink(lake.store, options());
  const auto message = [&](const Committable& committable) -> std::string {
    try {
      lake.driver.run(sink.commit(committable, lake.driver.cx));
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "no error";
  };
  for (const char* bytes : {"", "kafka", "lake 1\nid", "lake 1\nid etag\n", "lake 1\nid etag zz\n"})
    CHECK(message({bytes}).find("lake sink: the checkpoint's bytes are not this sink's: ") == 0);
  lake.write(sink, {"a"});
  const Committable prepared = lake.driver.run(sink.prepare(1, lake.driver.cx));
  const Upload upload = lake.store.uploads().value().at(0);
  REQUIRE(lake.store.put(upload.key, "foreign"));
  CHECK(message(prepared).find("is another object than the one of this checkpoint") !=
        std::string::npos);
  REQUIRE(lake.store.remove(upload.key));
  REQUIRE(lake.store.abort(upload));
  CHECK(message(prepared).find("no such object") != std::string::npos);
}

TEST_CASE("exactly once: power loss at any call, recovery by the checkpoint, each row once") {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    sim::Disk disk(seed, {.model = seed % 2 ? sim::DiskModel::strict : sim::DiskModel::ext4});
    // What a checkpoint holds: the sink's bytes and how many rows are before it.
    std::optional<Committable> decided;
    int position = 0;
    constexpr int total = 40;
    for (int life = 0; life < 100 && position < total; ++life) {
      sim::Env sim({.seed = rng.next()}, disk);
      CrashPoint point;
      CrashingFs fs(sim.env().fs, point);
      Env env{sim.env().clock, sim.env().scheduler, sim.env().rng,   fs,
              sim.env().net,   sim.env().faults,    sim.env().logger};
      try {
        point.set(20 + rng.below(120));
        Driver driver(sim, &env);
        LakeOptions small = options();
        small.roll_size = ByteSize{12};
        ExactlyOnceLakeSink sink(Directory::open(env, "/lake").value(), small);
        if (decided) driver.run(sink.commit(*decided, driver.cx));
        driver.run(sink.abort(driver.cx));
        for (int row = position; row < total;) {
          for (std::uint64_t n = 1 + rng.below(6); n > 0 && row < total; --n, ++row) {
            const Rows lines{"row " + std::to_string(100 + row)};
            const auto batch = batch_of(lines, rng.below(2) ? day_1 : day_2);
            driver.run(sink.write(batch, driver.cx));
          }
          decided = driver.run(sink.prepare(1, driver.cx));
          position = row;
          driver.run(sink.commit(*decided, driver.cx));
        }
        point.set(0);  // destructors must not throw
      } catch (const PowerLoss&) {
      }
      disk.crash(rng.next());
    }
    REQUIRE(position == total);
    sim::Env sim({.seed = ~seed}, disk);
    Driver driver(sim);
    Directory store = Directory::open(sim.env(), "/lake").value();
    ExactlyOnceLakeSink sink(store, options());
    driver.run(sink.commit(*decided, driver.cx));
    driver.run(sink.abort(driver.cx));
    Rows expected;
    for (int row = 0; row < total; ++row) expected.push_back("row " + std::to_string(100 + row));
    REQUIRE(rows(store) == expected);
    REQUIRE(store.uploads().value().empty());
  }
}
