// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/key_path.hpp"

#include <map>
#include <set>

#include "catch.hpp"
#include "hostile_keys.hpp"

using namespace millrace;
using namespace millrace::store;

namespace {

std::string joined(const KeyPath& path) {
  std::string out;
  for (const std::string& name : path.directories) out += name + "/";
  return out + path.file;
}

std::string path_of(std::string_view key) { return joined(to_path(key).value()); }

}  // namespace

TEST_CASE("keys of a lake's layout keep their names") {
  const std::string key = "raw/year=2022/month=12/day=24/rows_20221224-1-0f3a.json";
  CHECK(path_of(key) == key);
  CHECK(path_of("price=1.5/part-0.csv") == "price=1.5/part-0.csv");
}

TEST_CASE(
    "a name that looks like the other kind is marked, so that a file and its child both fit") {
  CHECK(path_of("file") == "file%");
  CHECK(path_of("file/child") == "file/child%");
  CHECK(path_of("a.b") == "a.b");
  CHECK(path_of("a.b/c.d") == "a.b%/c.d");
  CHECK(path_of("year=2022") == "year=2022%");
}

TEST_CASE("bytes that mean something to a file system are escaped") {
  CHECK(path_of("../x.txt") == "%2E.%/x.txt");
  CHECK(path_of("/etc/passwd") == "%_/etc/passwd%");
  CHECK(path_of("a//b") == "a/%_/b%");
  CHECK(path_of("a/") == "a/%_%");
  CHECK(path_of(std::string_view("a\0b", 3)) == "a%00b%");
  CHECK(path_of("100%.csv") == "100%25.csv");
  CHECK(path_of("\xC3\xBC.csv") == "%C3%BC.csv");
  CHECK(path_of(".hidden") == "%2Ehidden%");
}

TEST_CASE("an empty key and one past 1024 bytes are refused with a reason") {
  CHECK(to_path("").error().message() == "store: a key is empty; it needs 1 to 1024 bytes");
  CHECK(to_path(std::string(1024, 'k')));
  const Result<KeyPath> long_key = to_path(std::string(4096, 'k'));
  REQUIRE(!long_key);
  CHECK(long_key.error().code() == Errc::limit_exceeded);
  CHECK(long_key.error().message().find("has 4096 bytes; the limit is 1024, as in S3") !=
        std::string::npos);
}

TEST_CASE("no hostile key leaves the root or shares a path with another") {
  std::map<std::string, std::string> taken;
  std::set<std::string> directories;
  const auto keys = hostile_keys();
  REQUIRE(keys.size() >= 85);
  for (const std::string& key : keys) {
    INFO(quoted(key));
    const Result<KeyPath> path = to_path(key);
    if (!path) {
      CHECK(key.size() > 1024);
      continue;
    }
    std::string directory;
    for (const std::string& name : path->directories) directories.insert(directory += name + "/");
    std::vector<std::string> names = path->directories;
    names.push_back(path->file);
    for (const std::string& name : names) {
      CHECK(!name.empty());
      CHECK(name.size() <= 200);
      CHECK(name[0] != '.');
      CHECK(name.find('/') == std::string::npos);
      for (const char c : name) CHECK((c > 0x20 && c < 0x7F));
    }
    const auto [at, fresh] = taken.emplace(joined(*path), key);
    INFO("the path of " << quoted(at->second));
    CHECK(fresh);
  }
  for (const auto& [path, key] : taken) CHECK(!directories.contains(path + "/"));
}

TEST_CASE("a name is read back as the component it was made of") {
  for (const std::string& key : hostile_keys()) {
    if (key.find('/') != std::string::npos) continue;
    INFO(quoted(key));
    for (const NameKind kind : {NameKind::object, NameKind::directory}) {
      const std::optional<Name> name = from_name(to_name(key, kind));
      REQUIRE(name);
      CHECK(name->kind == kind);
      if (!name->shortened) CHECK(name->component == key);
    }
  }
}

TEST_CASE("names that no key has are nobody's object") {
  for (const char* name : {"%", "%%", "%2", "%zz", "%41", "%2f.txt", "a%2Eb", ".hidden", "..",
                           "a b.txt", "x%~00", "%_.txt", "\xFF.txt"})
    CHECK(!from_name(name));
}

TEST_CASE("a component past 199 bytes is shortened with its digest, never through an escape") {
  const std::string long_name(300, 'n');
  const std::string name = to_name(long_name, NameKind::object);
  CHECK(name.size() == 120 + 2 + 64 + 1);
  CHECK(from_name(name)->shortened);
  CHECK(to_path(long_name)->shortened.at(0).component == long_name);
  CHECK(to_name(long_name + "x", NameKind::object) != name);
  for (std::size_t lead = 0; lead < 3; ++lead) {
    const std::string escaped =
        to_name(std::string(lead, 'a') + std::string(100, '\xFC'), NameKind::directory);
    CHECK(from_name(escaped)->shortened);
    CHECK(escaped.find("%~") % 3 == lead);
  }
}

TEST_CASE("a key in a message shows controls as escapes and is cut") {
  CHECK(quoted(std::string_view("a\n\0\"", 4)) == "\"a\\x0A\\x00\\x22\"");
  CHECK(quoted(std::string(500, 'k')).size() == 205);
}
