// SPDX-License-Identifier: BSL-1.0
// What a CheckpointStore promises, of each that there is.
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/runtime/directory_checkpoint_store.hpp"
#include "millrace/runtime/object_checkpoint_store.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/store/directory.hpp"

using namespace millrace;
using namespace millrace::literals;

namespace {

using Names = std::vector<std::string>;

/// A store on a disk that outlives it, opened as often as wanted.
struct Directories {
  static std::unique_ptr<CheckpointStore> open(sim::Env& env) {
    return std::make_unique<DirectoryCheckpointStore>(env.env().fs, "state");
  }
};
struct Objects {
  static std::unique_ptr<CheckpointStore> open(sim::Env& env) {
    auto objects = store::Directory::open(env.env(), "/objects").value();
    return std::make_unique<ObjectCheckpointStore<store::Directory>>(std::move(objects), "jobs/a/",
                                                                     "objects");
  }
};
static_assert(ObjectStore<store::Directory>);

std::string get(CheckpointStore& store, const std::string& name) {
  auto bytes = store.get(name, 1_MiB);
  return bytes ? *bytes : std::string(to_string(bytes.error().code()));
}

}  // namespace

TEMPLATE_TEST_CASE("a checkpoint store gives back what was put under a name", "", Directories,
                   Objects) {
  sim::Env env;
  const auto store = TestType::open(env);
  const std::string binary("a\0b\xFF\n", 5);
  store->put("chk-1/state-0", binary).value();
  store->put("empty", "").value();
  CHECK(get(*store, "chk-1/state-0") == binary);
  CHECK(get(*store, "empty").empty());
  CHECK(get(*store, "chk-1/state-1") == "not_found");
  store->put("chk-1/state-0", "other").value();
  CHECK(get(*store, "chk-1/state-0") == "other");
  CHECK(get(*TestType::open(env), "chk-1/state-0") == "other");
}

TEMPLATE_TEST_CASE("put_new lets one succeed and leaves what is there", "", Directories, Objects) {
  sim::Env env;
  const auto one = TestType::open(env);
  const auto other = TestType::open(env);
  one->put_new("chk-1/MANIFEST", "one").value();
  const auto refused = other->put_new("chk-1/MANIFEST", "other");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::already_exists);
  CHECK(get(*other, "chk-1/MANIFEST") == "one");
  one->remove("chk-1/MANIFEST").value();
  other->put_new("chk-1/MANIFEST", "other").value();
  CHECK(get(*one, "chk-1/MANIFEST") == "other");
}

TEMPLATE_TEST_CASE("a store lists the names with a prefix, sorted, and nothing of its own", "",
                   Directories, Objects) {
  sim::Env env;
  const auto store = TestType::open(env);
  CHECK(store->list("").value().empty());
  for (const char* name : {"chk-2/state-0", "chk-10/MANIFEST", "snapshot", "chk-2/MANIFEST"})
    store->put(name, "x").value();
  const auto lock = store->lock("the test").value();
  CHECK(store->list("").value() ==
        Names{"chk-10/MANIFEST", "chk-2/MANIFEST", "chk-2/state-0", "snapshot"});
  CHECK(store->list("chk-2").value() == Names{"chk-2/MANIFEST", "chk-2/state-0"});
  CHECK(store->list("chk-2/s").value() == Names{"chk-2/state-0"});
  CHECK(store->list("chk-3").value().empty());
  CHECK(store->list("chk-3/").value().empty());
}

TEMPLATE_TEST_CASE("a name that was removed is gone, and removing it again is no error", "",
                   Directories, Objects) {
  sim::Env env;
  const auto store = TestType::open(env);
  store->put("chk-1/a", "x").value();
  store->put("chk-1/b", "x").value();
  store->remove("chk-1/a").value();
  store->remove("chk-1/a").value();
  store->remove("chk-7/a").value();
  CHECK(store->list("").value() == Names{"chk-1/b"});
  store->remove("chk-1/b").value();
  CHECK(store->list("").value().empty());
  store->put("chk-1/b", "again").value();
  CHECK(get(*store, "chk-1/b") == "again");
}

TEMPLATE_TEST_CASE("more bytes than were expected are refused before they are read", "",
                   Directories, Objects) {
  sim::Env env;
  const auto store = TestType::open(env);
  store->put("a", std::string(100, 'x')).value();
  CHECK(store->get("a", 100_B).value().size() == 100);
  const auto refused = store->get("a", 99_B);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::limit_exceeded);
  CHECK(refused.error().message().ends_with("/a has 100 bytes; 99 at most were expected"));
}

TEMPLATE_TEST_CASE("what is no name is refused by every call", "", Directories, Objects) {
  sim::Env env;
  const auto store = TestType::open(env);
  for (const char* name :
       {"", "/a", "a/", "a//b", ".hidden", "a/../b", "..", "a b", "\xC3\xA4", "a/.tmp", "a\nb"}) {
    INFO("name " << name);
    const Errc codes[] = {
        store->put(name, "x").error().code(), store->put_new(name, "x").error().code(),
        store->get(name, 1_KiB).error().code(), store->remove(name).error().code()};
    for (const Errc code : codes) CHECK(code == Errc::invalid_input);
  }
  CHECK(store->list("").value().empty());
}

TEMPLATE_TEST_CASE("what a call has done survives power loss", "", Directories, Objects) {
  for (const auto model : {sim::DiskModel::strict, sim::DiskModel::ext4})
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      INFO("model " << static_cast<int>(model) << ", seed " << seed);
      sim::Disk disk(seed, {.model = model});
      sim::Env env({.seed = seed}, disk);
      {
        const auto store = TestType::open(env);
        store->put("chk-1/a", "first").value();
        store->put("chk-1/a", "a").value();
        store->put_new("chk-2/b", std::string(2000, 'b')).value();
        store->put("chk-3/c", "c").value();
        store->remove("chk-3/c").value();
      }
      env.crash();
      const auto store = TestType::open(env);
      CHECK(store->list("").value() == Names{"chk-1/a", "chk-2/b"});
      CHECK(get(*store, "chk-1/a") == "a");
      CHECK(get(*store, "chk-2/b") == std::string(2000, 'b'));
    }
}

TEST_CASE("a directory has one owner at a time, whose name the next one is told") {
  sim::Env env;
  const auto one = Directories::open(env);
  const auto other = Directories::open(env);
  auto lock = one->lock("pipeline \"job\"").value();
  const auto refused = other->lock("pipeline \"second\"");
  REQUIRE_FALSE(refused);
  CHECK(refused.error() ==
        Error(Errc::conflict,
              "state directory state: pipeline \"job\" runs on it; stop that one, or give this one "
              "a directory of its own"));
  lock.reset();
  CHECK(other->lock("pipeline \"second\"").value() != nullptr);
}

TEST_CASE("the next owner of a directory clears away what its last one left half written") {
  sim::Disk disk(1);
  sim::Env env({}, disk);
  {
    const auto store = Directories::open(env);
    store->put("chk-1/a", "a").value();
    disk.inject({.call = sim::FileCall::rename, .fault = sim::FileFault::io, .at_call = 1});
    disk.inject({.call = sim::FileCall::remove, .fault = sim::FileFault::io, .at_call = 1});
    CHECK_FALSE(store->put("chk-2/b", "b"));
    CHECK(disk.contents("state/.tmp/1") == "b");
  }
  const auto store = Directories::open(env);
  const auto lock = store->lock("the test").value();
  CHECK(disk.paths() ==
        Names{"state/", "state/.tmp/", "state/LOCK", "state/chk-1/", "state/chk-1/a"});
}

TEST_CASE("the lock of a directory can't be put over") {
  sim::Env env;
  const auto store = Directories::open(env);
  CHECK(store->put("LOCK", "x").error().code() == Errc::invalid_input);
  CHECK(store->put("chk-1/LOCK", "x"));
}
