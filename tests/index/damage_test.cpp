// SPDX-License-Identifier: BSL-1.0

#include "index_fixture.hpp"
#include "millrace/core/rng.hpp"

using namespace millrace;
using namespace millrace::index;
using Catch::Matchers::Contains;

namespace {

constexpr const char* file = "/data/index.sqlite";

std::string document(std::uint64_t value) {
  return R"({"n":)" + std::to_string(value) + R"(,"t":"word)" + std::to_string(value % 7) +
         R"( and more"})";
}

void fill(Store& store, int documents) {
  for (int i = 0; i < documents; ++i) {
    const std::string id = std::to_string(i);
    const std::string text = document(static_cast<std::uint64_t>(i));
    const Action action{.index = "i", .id = id, .document = text};
    REQUIRE_FALSE(store.bulk({&action, 1}).value().errors);
  }
}

void overwrite(millrace::Env& env, std::string_view bytes) {
  auto open = env.fs.open(file, OpenMode::read_write).value();
  open->truncate(0).value();
  open->write_at(0, bytes).value();
}

std::string refusal(Result<Store> opened) {
  return opened ? std::string("no refusal") : opened.error().message();
}

}  // namespace

TEST_CASE("A second store over one directory is refused, in the same process or another") {
  sim::Env sim;
  auto store = Store::open(sim.env(), "/data");
  REQUIRE(store);
  // Another process on the same disk.
  sim::Env other({}, sim.disk());
  for (millrace::Env* env : {&sim.env(), &other.env()}) {
    const auto second = Store::open(*env, "/data");
    REQUIRE_FALSE(second);
    CHECK(second.error().code() == Errc::conflict);
    CHECK_THAT(second.error().message(), Contains("another process or Store has the index open"));
  }
  store = Error(Errc::cancelled, "closed");
  CHECK(Store::open(other.env(), "/data"));
}

TEST_CASE("A directory without an index is made only by open()") {
  sim::Env sim;
  const auto none = Store::open_existing(sim.env(), "/data");
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == Errc::not_found);
  CHECK(none.error().message() == "there is no index in /data");
  CHECK(sim.disk().paths().empty());
}

TEST_CASE("A full disk fails the bulk as a whole, and there is room for it later") {
  sim::Env sim;
  Store store = Store::open(sim.env(), "/data").value();
  fill(store, 20);
  sim.disk().set_capacity(ByteSize{sim.disk().used().bytes + 10'000});
  std::vector<std::string> documents;
  for (int i = 0; i < 2000; ++i) documents.push_back(document(static_cast<std::uint64_t>(i)));
  std::vector<std::string> ids;
  for (int i = 0; i < 2000; ++i) ids.push_back("x" + std::to_string(i));
  std::vector<Action> actions;
  for (std::size_t i = 0; i < documents.size(); ++i)
    actions.push_back({.index = i % 2 ? "i" : "made-new", .id = ids[i], .document = documents[i]});
  const auto full = store.bulk(actions);
  REQUIRE_FALSE(full);
  CHECK(full.error().code() == Errc::out_of_space);
  CHECK_THAT(full.error().message(), Contains(file) && Contains("make room and call again"));
  CHECK(store.count("*").value() == 20);
  CHECK(store.indices().value() == std::vector<std::string>{"i"});
  sim.disk().set_capacity(1_GiB);
  CHECK_FALSE(store.bulk(actions).value().errors);
  CHECK(store.count("*").value() == 2020);
}

TEST_CASE("A disk that fails to read or write is an error of the call that names the file") {
  sim::Env sim;
  Store store = Store::open(sim.env(), "/data").value();
  fill(store, 5);
  sim.disk().inject({.call = sim::FileCall::write, .fault = sim::FileFault::io, .probability = 1});
  const auto done = store.bulk({{.index = "i", .id = "x", .document = "{}"}});
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == Errc::io);
  CHECK_THAT(done.error().message(), Contains("index.sqlite") && Contains("injected"));
  sim.disk().heal();
  CHECK(store.count("i").value() == 5);
}

TEST_CASE("After a sync that failed an index goes on, and what it has taken survives power loss") {
  for (std::uint64_t nth = 1; nth <= 4; ++nth) {
    INFO("sync " << nth);
    sim::Env sim;
    {
      Store store = Store::open(sim.env(), "/data").value();
      fill(store, 5);
      sim.disk().inject({.call = sim::FileCall::sync, .fault = sim::FileFault::io, .at_call = nth});
      std::vector<std::string> taken;
      for (int i = 0; i < 10; ++i) {
        const std::string id = "x" + std::to_string(i);
        const Action action{.index = "i", .id = id, .document = "{}"};
        if (store.bulk({&action, 1})) taken.push_back(id);
      }
      CHECK(taken.size() == 9);
      REQUIRE(sim.disk().faults_injected() == 1);
      sim.crash();
      Store after = Store::open(sim.env(), "/data").value();
      for (const std::string& id : taken) CHECK(after.get("i", id).value());
    }
  }
}

TEST_CASE("What an index shows behind a sync that failed survives power loss") {
  for (std::uint64_t nth = 1; nth <= 4; ++nth) {
    INFO("sync " << nth);
    sim::Env sim;
    {
      Store store = Store::open(sim.env(), "/data").value();
      fill(store, 5);
      sim.disk().inject({.call = sim::FileCall::sync, .fault = sim::FileFault::io, .at_call = nth});
      for (int i = 0; i < 4; ++i) {
        const std::string id = "x" + std::to_string(i);
        const Action action{.index = "i", .id = id, .document = "{}"};
        if (!store.bulk({&action, 1})) break;
      }
      REQUIRE(sim.disk().faults_injected() == 1);
      sim.kill();
    }
    std::vector<std::string> shown;
    {
      Store again = Store::open(sim.env(), "/data").value();
      for (const Document& each : again.documents("i").value()) shown.push_back(each.id);
      sim.crash();
    }
    CHECK(shown.size() >= 5 + nth - 1);
    Store after = Store::open(sim.env(), "/data").value();
    for (const std::string& id : shown) CHECK(after.get("i", id).value());
  }
}

TEST_CASE("An open that failed halfway puts nothing at risk that was durable before it") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed)
    for (const sim::FileCall call :
         {sim::FileCall::write, sim::FileCall::sync, sim::FileCall::rename}) {
      INFO("seed " << seed << ", " << to_string(call));
      sim::Disk disk(seed);
      {
        sim::Env sim({}, disk);
        Store store = Store::open(sim.env(), "/data").value();
        fill(store, 5);
        sim.kill();  // what it has acknowledged is in the write-ahead log
      }
      {
        sim::Env sim({}, disk);
        disk.inject(
            {.call = call,
             .fault = call == sim::FileCall::write ? sim::FileFault::partial : sim::FileFault::io,
             .at_call = 1,
             .path_contains = "sqlite-wal"});
        CHECK_FALSE(Store::open(sim.env(), "/data"));
      }
      disk.crash(seed);
      sim::Env sim({}, disk);
      CHECK(Store::open(sim.env(), "/data").value().count("i").value() == 5);
    }
}

TEST_CASE("A file that was cut, emptied or overwritten is refused as damaged") {
  sim::Env sim;
  {
    Store store = Store::open(sim.env(), "/data").value();
    fill(store, 300);
  }
  const std::string whole = sim.disk().contents(file).value();
  for (const std::size_t size : {std::size_t{0}, std::size_t{50}, std::size_t{4096},
                                 whole.size() / 2, whole.size() - 4096}) {
    INFO(size);
    overwrite(sim.env(), whole.substr(0, size));
    const auto opened = Store::open(sim.env(), "/data");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code() == Errc::corrupted);
    CHECK_THAT(opened.error().message(), Contains(file) && Contains("build the index anew"));
  }
  overwrite(sim.env(), std::string(20'000, 'g'));
  CHECK_THAT(refusal(Store::open(sim.env(), "/data")), Contains("file is not a database"));
  overwrite(sim.env(), whole);
  CHECK(Store::open(sim.env(), "/data").value().count("i").value() == 300);
}

TEST_CASE("Bytes turned over within the file never crash a reader or a writer") {
  sim::Env sim;
  {
    Store store = Store::open(sim.env(), "/data").value();
    fill(store, 200);
  }
  const std::string whole = sim.disk().contents(file).value();
  SeededRng rng(3);
  int refused = 0;
  for (int round = 0; round < 60; ++round) {
    std::string damaged = whole;
    for (int i = 0; i < 200; ++i)
      damaged[100 + rng.below(damaged.size() - 100)] = static_cast<char>(rng.next() & 0xff);
    overwrite(sim.env(), damaged);
    auto opened = Store::open(sim.env(), "/data");
    if (!opened) {
      ++refused;
      continue;
    }
    const auto found = opened->search("*", R"({"query":{"match":{"t":"word3"}},
        "aggs":{"n":{"terms":{"field":"n"}}}})");
    const auto wrote = opened->bulk({{.index = "i", .id = "7", .document = document(9)}});
    refused += !found || !wrote;
  }
  CHECK(refused > 0);
}

TEST_CASE("A database of somebody else, or of a newer format, is refused") {
  sim::Env sim;
  { Store::open(sim.env(), "/data").value(); }
  std::string bytes = sim.disk().contents(file).value();
  std::string other = bytes;
  other.replace(68, 4, "abcd");
  overwrite(sim.env(), other);
  CHECK_THAT(refusal(Store::open(sim.env(), "/data")), Contains("no index of millrace"));
  other = bytes;
  other[63] = 9;
  overwrite(sim.env(), other);
  const auto newer = Store::open(sim.env(), "/data");
  REQUIRE_FALSE(newer);
  CHECK(newer.error().code() == Errc::unsupported);
}

TEST_CASE("After a power loss every bulk that was acknowledged is there, and none in part") {
  for (const sim::DiskModel model : {sim::DiskModel::strict, sim::DiskModel::ext4})
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      INFO("seed " << seed << (model == sim::DiskModel::strict ? " strict" : " ext4"));
      sim::Disk disk(seed, {.model = model});
      SeededRng rng(seed);
      std::uint64_t acknowledged = 0;
      for (int life = 0; life < 4; ++life) {
        sim::Env sim({.seed = seed}, disk);
        Store store = Store::open(sim.env(), "/data", {.write_ahead = 64_KiB}).value();
        const std::uint64_t there = store.count("*").value();
        REQUIRE(there % 10 == 0);
        REQUIRE(there == acknowledged);
        CHECK(store.search("*", R"({"size":0,"query":{"match":{"t":"and"}}})")
                  .value()
                  .find("\"value\":" + std::to_string(there)) != std::string::npos);
        for (std::uint64_t bulks = rng.below(12); bulks > 0; --bulks) {
          std::vector<std::string> texts;
          for (std::uint64_t i = 0; i < 10; ++i) texts.push_back(std::to_string(there + i));
          std::vector<std::string> documents;
          for (std::uint64_t i = 0; i < 10; ++i) {
            texts[i] = std::to_string(acknowledged + i);
            documents.push_back(document(acknowledged + i));
          }
          std::vector<Action> actions;
          for (std::size_t i = 0; i < 10; ++i)
            actions.push_back({.index = "i", .id = texts[i], .document = documents[i]});
          REQUIRE_FALSE(store.bulk(actions).value().errors);
          acknowledged += 10;
        }
        disk.crash(rng.next());
      }
    }
}

TEST_CASE("What Durability::interval acknowledged is durable after flush()") {
  sim::Disk disk(1);
  {
    sim::Env sim({}, disk);
    Store store = Store::open(sim.env(), "/data", {.durability = Durability::interval}).value();
    fill(store, 10);
    store.flush().value();
    disk.crash(5);
  }
  sim::Env sim({}, disk);
  CHECK(Store::open(sim.env(), "/data").value().count("i").value() == 10);
}
