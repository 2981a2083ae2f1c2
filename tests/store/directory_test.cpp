// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/directory.hpp"

#include <algorithm>

#include "catch.hpp"
#include "hostile_keys.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/store/key_path.hpp"

using namespace millrace;
using namespace millrace::store;

namespace {

struct Store {
  sim::Env sim;
  Directory store = Directory::open(sim.env(), "/lake").value();

  std::vector<std::string> names(std::string_view below) {
    std::vector<std::string> found;
    for (const std::string& path : sim.disk().paths())
      if (path.starts_with(below)) found.push_back(path);
    return found;
  }
};

template <class T>
Error error_of(const Result<T>& result) {
  REQUIRE(!result);
  return result.error();
}

}  // namespace

TEST_CASE("an object that was put is got back whole, and is a file at the key's path") {
  Store s;
  CHECK(s.store.put("raw/year=2022/a.json", "hello").value() == "5d41402abc4b2a76b9719d911017c592");
  CHECK(s.store.get("raw/year=2022/a.json").value() == "hello");
  CHECK(s.sim.disk().contents("/lake/raw/year=2022/a.json") == "hello");
  CHECK(s.store.put("raw/year=2022/a.json", "").value() == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(s.store.get("raw/year=2022/a.json").value().empty());
}

TEST_CASE("a big object takes more than one block and comes back as it was") {
  Store s;
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += "row " + std::to_string(i) + "\n";
  REQUIRE(s.store.put("big.csv", bytes));
  CHECK(s.store.get("big.csv").value() == bytes);
  ArenaPool arenas;
  TextWriter text(arenas);
  CHECK(s.store.get("big.csv", text).value() == bytes);
  CHECK(s.store.get("big.csv", text, {.offset = 4, .length = 3}).value() == "0\nr");
}

TEST_CASE("a range is cut to the object, and one that begins past its end is refused") {
  Store s;
  REQUIRE(s.store.put("h.txt", "hello"));
  CHECK(s.store.get("h.txt", {.offset = 1, .length = 2}).value() == "el");
  CHECK(s.store.get("h.txt", {.offset = 3}).value() == "lo");
  CHECK(s.store.get("h.txt", {.offset = 1, .length = 100}).value() == "ello");
  CHECK(s.store.get("h.txt", ByteRange::last(2)).value() == "lo");
  CHECK(s.store.get("h.txt", ByteRange::last(10)).value() == "hello");
  const Error past = error_of(s.store.get("h.txt", {.offset = 100, .length = 101}));
  CHECK(past.code() == Errc::invalid_input);
  CHECK(past.message() ==
        "store /lake: get \"h.txt\": the range begins at 100 and has 101 bytes; the object has 5");
  REQUIRE(s.store.put("empty", ""));
  CHECK(error_of(s.store.get("empty", ByteRange::last(1))).code() == Errc::invalid_input);
}

TEST_CASE("what is not there is an error for get and head, and none for remove") {
  Store s;
  CHECK(error_of(s.store.get("no/such")).message() ==
        "store /lake: get \"no/such\": no such object");
  CHECK(error_of(s.store.head("no")).code() == Errc::not_found);
  CHECK(s.store.remove("no/such"));
}

TEST_CASE("head gives key, size and ETag") {
  Store s;
  REQUIRE(s.store.put("a/h.txt", "hello"));
  const ObjectInfo info = s.store.head("a/h.txt").value();
  CHECK(info.key == "a/h.txt");
  CHECK(info.size == 5);
  CHECK(info.etag == "5d41402abc4b2a76b9719d911017c592");
}

TEST_CASE("remove takes the object and the directories that it leaves empty") {
  Store s;
  REQUIRE(s.store.put("a/b/one", "1"));
  REQUIRE(s.store.put("a/two", "2"));
  REQUIRE(s.store.remove("a/b/one"));
  CHECK(error_of(s.store.get("a/b/one")).code() == Errc::not_found);
  CHECK(s.names("/lake/a") == std::vector<std::string>{"/lake/a/", "/lake/a/two%"});
  REQUIRE(s.store.remove("a/two"));
  CHECK(s.names("/lake/a").empty());
}

TEST_CASE("a put that must create leaves what is there") {
  Store s;
  REQUIRE(s.store.put("k", "first", {.if_exists = IfExists::refuse}));
  const Error taken = error_of(s.store.put("k", "second", {.if_exists = IfExists::refuse}));
  CHECK(taken.code() == Errc::already_exists);
  CHECK(taken.message() == "store /lake: put \"k\": the key is taken");
  CHECK(s.store.get("k").value() == "first");
}

TEST_CASE("a put that must replace a version replaces that one only") {
  Store s;
  CHECK(error_of(s.store.put("k", "x", {.if_match = "5d41"})).code() == Errc::not_found);
  const std::string first = s.store.put("k", "first").value();
  const std::string second = s.store.put("k", "second", {.if_match = first}).value();
  const Error changed = error_of(s.store.put("k", "third", {.if_match = first}));
  CHECK(changed.code() == Errc::conflict);
  CHECK(changed.message() == "store /lake: put \"k\": the ETag is " + second + ", not " + first +
                                 ": somebody replaced the object; read it again");
  CHECK(s.store.get("k").value() == "second");
  CHECK(error_of(s.store.put("k", "x", {.if_exists = IfExists::refuse, .if_match = first}))
            .message() ==
        "store /lake: put \"k\": if_match and IfExists::refuse exclude each other");
}

TEST_CASE("every hostile key works as a key or is refused, and stays below the root") {
  Store s;
  std::vector<std::string> stored;
  for (const std::string& key : hostile_keys()) {
    INFO(quoted(key));
    const Result<std::string> put = s.store.put(key, "of " + key, {.if_exists = IfExists::refuse});
    CHECK(put.has_value() == (key.size() <= 1024));
    if (put) stored.push_back(key);
  }
  for (const std::string& key : stored) {
    INFO(quoted(key));
    CHECK(s.store.get(key).value() == "of " + key);
  }
  for (const std::string& path : s.sim.disk().paths()) CHECK(path.starts_with("/lake/"));
  std::sort(stored.begin(), stored.end());
  std::vector<std::string> listed;
  const ListPage page = s.store.list().value();
  for (const ObjectInfo& object : page.objects) listed.push_back(object.key);
  CHECK(listed == stored);
  for (const std::string& key : stored) REQUIRE(s.store.remove(key));
  CHECK(s.store.list().value().objects.empty());
  for (const std::string& path : s.sim.disk().paths())
    CHECK((path == "/lake/" || path.starts_with("/lake/.millrace/")));
}

TEST_CASE("a path through a file that is not the store's is refused") {
  Store s;
  REQUIRE(s.sim.env().fs.open("/lake/dir", OpenMode::create));
  const Error error = error_of(s.store.put("dir/key", "x"));
  CHECK(error.code() == Errc::invalid_input);
  CHECK(error.message() ==
        "store /lake: put \"dir/key\": /lake/dir is a symbolic link or a file, not a directory; "
        "the store does not follow it: move it away");
  CHECK(error_of(s.store.get("dir/key")).code() == Errc::invalid_input);
}

TEST_CASE("an empty root and own directories that are links are refused at the start") {
  sim::Env sim;
  CHECK(error_of(Directory::open(sim.env(), "")).message() ==
        "store: the root is empty; name a directory, \".\" for this one");
  CHECK(Directory::open(sim.env(), "/lake///").value().root() == "/lake");
}

TEST_CASE("a full disk is an error, and nothing of the put is left") {
  Store s;
  REQUIRE(s.store.put("before", "x"));
  const auto paths = s.sim.disk().paths();
  s.sim.disk().set_capacity({s.sim.disk().used().bytes + 100});
  const Error full = error_of(s.store.put("k", std::string(1000, 'x')));
  CHECK(full.code() == Errc::out_of_space);
  CHECK(full.message().find("store /lake: put \"k\": write /lake/.millrace/tmp/") == 0);
  CHECK(s.sim.disk().paths() == paths);
  REQUIRE(s.store.put("small", "fits"));
}

TEST_CASE("a fault in any file call of a put is an error, and the object is there or it is not") {
  for (const auto call :
       {sim::FileCall::open, sim::FileCall::write, sim::FileCall::sync,
        sim::FileCall::make_directories, sim::FileCall::rename, sim::FileCall::sync_directory})
    for (std::uint64_t nth = 1; nth <= 4; ++nth) {
      INFO("call " << static_cast<int>(call) << ", the one at " << nth);
      Store s;
      REQUIRE(s.store.put("d/k", "old"));
      s.sim.disk().inject({.call = call, .fault = sim::FileFault::io, .at_call = nth});
      const Result<std::string> put = s.store.put("d/k", "new!");
      const bool hit = s.sim.disk().faults_injected() > 0;
      s.sim.disk().heal();
      CHECK(put.has_value() == !hit);
      const std::string now = s.store.get("d/k").value();
      CHECK((now == "new!" || (!put && now == "old")));
      CHECK(s.names("/lake/.millrace/tmp").size() == 3);  // tmp, the process, its lock
    }
}

TEST_CASE("temporary files go when their process has died, and only then") {
  sim::Disk disk(7);
  sim::Env first({.seed = 1}, disk);
  sim::Env second({.seed = 2}, disk);
  const auto tmp_files = [&] {
    auto paths = disk.paths();
    return std::count_if(paths.begin(), paths.end(), [](const std::string& path) {
      return path.find("/tmp/") != std::string::npos && path.ends_with("left");
    });
  };
  auto held = Directory::open(first.env(), "/lake").value();
  std::string session;
  for (const std::string& path : disk.paths())
    if (path.find("/tmp/") != std::string::npos && path.ends_with("/lock"))
      session = path.substr(0, path.size() - 4);
  REQUIRE(first.env().fs.open(session + "left", OpenMode::create));
  auto other = Directory::open(second.env(), "/lake").value();
  CHECK(tmp_files() == 1);
  disk.kill(first.env().fs);
  auto third = Directory::open(second.env(), "/lake").value();
  CHECK(tmp_files() == 0);
}
