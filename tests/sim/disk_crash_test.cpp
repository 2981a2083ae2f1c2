// SPDX-License-Identifier: BSL-1.0
#include "millrace/sim/disk.hpp"

#include <map>
#include <set>

#include "disk_fixture.hpp"

using namespace millrace;
using namespace millrace::sim;

namespace {

constexpr std::uint64_t seeds = 400;

/// Runs `prepare`, crashes, and counts what `look` saw, over many seeds.
template <class P, class L>
auto outcomes(DiskOptions options, P&& prepare, L&& look) {
  std::map<std::decay_t<decltype(look(std::declval<DiskFixture&>()))>, int> seen;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    DiskFixture f(seed, options);
    prepare(f);
    f.disk.crash(seed);
    ++seen[look(f)];
  }
  return seen;
}

std::string read(DiskFixture& f, const std::string& path) {
  return f.disk.contents(path).value_or("(none)");
}

}  // namespace

TEST_CASE("what was synced survives every crash; what was not may go") {
  const auto seen = outcomes(
      {},
      [](DiskFixture& f) {
        f.put("a", "synced");
        REQUIRE(f.open("a")->write_at(6, "+more"));
      },
      [](DiskFixture& f) { return read(f, "a"); });
  CHECK(seen.count("synced") == 1);
  CHECK(seen.count("synced+more") == 1);
  CHECK(seen.count(std::string("synced\0\0\0\0\0", 11)) == 1);
  CHECK(seen.count("synced+m") == 1);
  for (const auto& [contents, n] : seen) CHECK(contents.starts_with("synced"));
}

TEST_CASE("a long write tears only at sectors of 512 bytes") {
  const auto seen = outcomes(
      {},
      [](DiskFixture& f) {
        f.put("a", std::string(4096, '.'));
        REQUIRE(f.open("a")->write_at(100, std::string(2000, 'x')));
      },
      [](DiskFixture& f) { return read(f, "a"); });
  int torn = 0;
  for (const auto& [contents, n] : seen) {
    REQUIRE(contents.size() == 4096);
    for (std::size_t at = 1; at < contents.size(); ++at)
      if (contents[at] != contents[at - 1]) CHECK((at % 512 == 0 || at == 100 || at == 2100));
    const std::string written = contents.substr(100, 2000);
    torn += written.find('x') != std::string::npos && written.find('.') != std::string::npos;
  }
  CHECK(torn > 5);
}

TEST_CASE("writes that were not synced may arrive out of order") {
  const auto seen = outcomes(
      {},
      [](DiskFixture& f) {
        f.put("a", std::string(1024, '.'));
        auto file = f.open("a");
        REQUIRE(file->write_at(0, std::string(512, '1')));
        REQUIRE(file->write_at(512, std::string(512, '2')));
      },
      [](DiskFixture& f) {
        return std::string{read(f, "a")[0], read(f, "a")[512]};
      });
  for (const char* state : {"..", "1.", ".2", "12"}) {
    INFO(state);
    CHECK(seen.count(state) == 1);
  }
}

TEST_CASE("in the strict model a new name needs the sync of its file or its directory") {
  const auto unsynced = [](DiskFixture& f) { f.open("a"); };
  const auto exists = [](DiskFixture& f) { return f.disk.contents("a").has_value(); };
  CHECK(outcomes({}, unsynced, exists).size() == 2);
  const auto by_file = [](DiskFixture& f) { REQUIRE(f.open("a")->sync()); };
  CHECK(outcomes({}, by_file, exists) == std::map<bool, int>{{true, seeds}});
  const auto by_directory = [](DiskFixture& f) {
    f.open("a");
    REQUIRE(f.fs->sync_directory("."));
  };
  CHECK(outcomes({}, by_directory, exists) == std::map<bool, int>{{true, seeds}});
}

TEST_CASE("a rename that was not synced is undone or kept, and synced it stays") {
  const auto renamed = [](DiskFixture& f) {
    REQUIRE(f.fs->make_directories("d"));
    f.put("d/old", "old");
    f.put("d/new", "new");
    REQUIRE(f.fs->rename("d/new", "d/old"));
  };
  const auto look = [](DiskFixture& f) { return read(f, "d/old") + "," + read(f, "d/new"); };
  for (const DiskModel model : {DiskModel::strict, DiskModel::ext4}) {
    const auto seen = outcomes({.model = model}, renamed, look);
    CHECK(seen.size() == 2);
    CHECK(seen.count("old,new") == 1);
    CHECK(seen.count("new,(none)") == 1);
    const auto synced = outcomes(
        {.model = model},
        [&](DiskFixture& f) {
          renamed(f);
          REQUIRE(f.fs->sync_directory("d"));
        },
        look);
    CHECK(synced == std::map<std::string, int>{{"new,(none)", seeds}});
  }
}

TEST_CASE("a remove that was not synced may come back") {
  const auto seen = outcomes(
      {},
      [](DiskFixture& f) {
        f.put("a", "1");
        REQUIRE(f.fs->remove("a"));
      },
      [](DiskFixture& f) { return read(f, "a"); });
  CHECK(seen.size() == 2);
}

TEST_CASE("name changes survive one by one in the strict model, in order in the ext4 one") {
  const auto three = [](DiskFixture& f) {
    for (const char* name : {"1", "2", "3"}) f.open(name);
  };
  const auto look = [](DiskFixture& f) {
    std::string names;
    for (const auto& path : f.disk.paths()) names += path;
    return names;
  };
  CHECK(outcomes({.model = DiskModel::strict}, three, look).size() == 8);
  const auto ordered = outcomes({.model = DiskModel::ext4}, three, look);
  CHECK(ordered.size() == 4);
  for (const char* names : {"", "1", "12", "123"}) CHECK(ordered.count(names) == 1);
}

TEST_CASE("the sync of any file makes earlier names durable in the ext4 model only") {
  const auto prepare = [](DiskFixture& f) {
    f.open("a");
    REQUIRE(f.open("b")->sync());
  };
  const auto exists = [](DiskFixture& f) { return f.disk.contents("a").has_value(); };
  CHECK(outcomes({.model = DiskModel::strict}, prepare, exists).size() == 2);
  CHECK(outcomes({.model = DiskModel::ext4}, prepare, exists) ==
        std::map<bool, int>{{true, seeds}});
}

TEST_CASE("made directories stay, as their names are synced with their making") {
  const auto seen = outcomes(
      {}, [](DiskFixture& f) { REQUIRE(f.fs->make_directories("x/y/z")); },
      [](DiskFixture& f) { return f.disk.paths().size(); });
  CHECK(seen == std::map<std::size_t, int>{{3, seeds}});
}

TEST_CASE("a file that was open when the power went answers no call any more") {
  DiskFixture f;
  f.put("a", "1");
  auto file = f.open("a");
  REQUIRE(*file->try_lock());
  f.disk.crash(1);
  char out[1];
  CHECK(file->read_at(0, out).error() ==
        Error(Errc::io, "read a: the process that opened it has died"));
  CHECK_FALSE(file->write_at(0, "x"));
  CHECK_FALSE(file->size());
  auto again = f.open("a");
  CHECK(*again->try_lock());
  file.reset();
  CHECK(f.disk.contents("a") == "1");
}

TEST_CASE("when only the process dies, all that was written stays, and locks go") {
  DiskFixture f;
  auto file = f.open("a");
  REQUIRE(file->write_at(0, "written"));
  REQUIRE(*file->try_lock());
  const auto other_process = f.disk.mount(f.clock);
  auto bystander = std::move(*other_process->open("b", OpenMode::create));
  REQUIRE(*bystander->try_lock());
  f.disk.kill(*f.fs);
  CHECK_FALSE(file->write_at(0, "x"));
  CHECK(f.disk.contents("a") == "written");
  CHECK(*f.open("a")->try_lock());
  CHECK_FALSE(*f.open("b")->try_lock());
  CHECK(bystander->write_at(0, ""));
  CHECK(f.disk.used() == ByteSize{7});
}

TEST_CASE("the same seed loses the same bytes") {
  const auto crashed = [](std::uint64_t seed) {
    DiskFixture f(1);
    auto file = f.open("a");
    for (std::uint64_t i = 0; i < 20; ++i)
      REQUIRE(file->write_at(i * 700, std::string(700, static_cast<char>('a' + i))));
    f.disk.crash(seed);
    return read(f, "a");
  };
  std::set<std::string> different;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CHECK(crashed(seed) == crashed(seed));
    different.insert(crashed(seed));
  }
  CHECK(different.size() > 8);
}
