// SPDX-License-Identifier: BSL-1.0
#include "millrace/store/directory.hpp"

#include <algorithm>
#include <set>

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/sim/env.hpp"

using namespace millrace;
using namespace millrace::store;

namespace {

using Keys = std::vector<std::string>;

Keys keys_of(const ListPage& page) {
  Keys keys;
  for (const ObjectInfo& object : page.objects) keys.push_back(object.key);
  return keys;
}

// All pages, objects and common prefixes in their order of arrival.
Keys walk(const Directory& store, ListOptions options) {
  Keys all;
  for (;;) {
    const ListPage page = store.list(options).value();
    Keys mixed = keys_of(page);
    mixed.insert(mixed.end(), page.common_prefixes.begin(), page.common_prefixes.end());
    CHECK(mixed.size() <= options.max_keys);
    std::sort(mixed.begin(), mixed.end());
    all.insert(all.end(), mixed.begin(), mixed.end());
    if (page.next_token.empty()) return all;
    options.token = page.next_token;
  }
}

// What S3 says that a listing holds, computed the plain way.
Keys expected(const std::set<std::string>& keys, const std::string& prefix,
              const std::string& delimiter) {
  std::set<std::string> shown;
  for (const std::string& key : keys) {
    if (!key.starts_with(prefix)) continue;
    const std::size_t cut =
        delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    shown.insert(cut == std::string::npos ? key : key.substr(0, cut + delimiter.size()));
  }
  return {shown.begin(), shown.end()};
}

}  // namespace

TEST_CASE("keys are listed in the order of their bytes, whatever directories they lie in") {
  sim::Env sim;
  Directory store = Directory::open(sim.env(), "/lake").value();
  const Keys keys = {"a", "a-b", "a.b", "a/", "a/b", "a/b/c", "a0", "b/z", "\xC3\xBC"};
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) REQUIRE(store.put(*key, *key));
  CHECK(keys_of(store.list().value()) == keys);
  CHECK(store.list().value().objects[2].size == 3);
}

TEST_CASE("a listing is paged, and a page is never longer than asked") {
  sim::Env sim;
  Directory store = Directory::open(sim.env(), "/lake").value();
  for (const char* key : {"a", "b", "c"}) REQUIRE(store.put(key, "x"));
  ListPage page = store.list({.max_keys = 1}).value();
  CHECK(keys_of(page) == Keys{"a"});
  page = store.list({.max_keys = 1, .token = page.next_token}).value();
  CHECK(keys_of(page) == Keys{"b"});
  page = store.list({.max_keys = 1, .token = page.next_token}).value();
  CHECK(keys_of(page) == Keys{"c"});
  CHECK(page.next_token.empty());
  CHECK(store.list({.max_keys = 0}).value().objects.empty());
}

TEST_CASE("a token of somebody else's is refused") {
  sim::Env sim;
  Directory store = Directory::open(sim.env(), "/lake").value();
  for (const char* token : {"x", "k", "k0", "kzz", "../x", "q6162"}) {
    const Result<ListPage> page = store.list({.prefix = "p", .token = token});
    REQUIRE(!page);
    CHECK(page.error().message() == "store /lake: list \"p\": the token \"" + std::string(token) +
                                        "\" was not made by list(); pass ListPage::next_token");
  }
}

TEST_CASE("files that no key has are not listed") {
  sim::Env sim;
  Directory store = Directory::open(sim.env(), "/lake").value();
  REQUIRE(store.put("mine", "x"));
  for (const char* name : {"/lake/not ours", "/lake/.hidden", "/lake/mine"})
    REQUIRE(sim.env().fs.open(name, OpenMode::create));
  REQUIRE(sim.env().fs.make_directories("/lake/looks.like.an.object"));
  CHECK(keys_of(store.list().value()) == Keys{"mine"});
}

TEST_CASE("a shortened name whose rest is lost is an error that names the file") {
  sim::Env sim;
  Directory store = Directory::open(sim.env(), "/lake").value();
  REQUIRE(store.put(std::string(300, 'k'), "x"));
  for (const std::string& path : sim.disk().paths())
    if (path.find("/names/") != std::string::npos && !path.ends_with('/'))
      REQUIRE(sim.env().fs.remove(path));
  const Result<ListPage> page = store.list();
  REQUIRE(!page);
  CHECK(page.error().code() == Errc::corrupted);
  CHECK(page.error().message().find("/lake/kkk") != std::string::npos);
  CHECK(page.error().message().find(": the rest of its key is lost: ") != std::string::npos);
}

TEST_CASE("any prefix, delimiter and page size lists what a plain computation finds") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    SeededRng rng(seed);
    sim::Env sim;
    Directory store = Directory::open(sim.env(), "/lake").value();
    const Keys words = {"a", "b", "a.b", "a=1", "", "-", "ab", "\xFF", "a/b"};
    const auto word = [&] { return words[rng.below(words.size())]; };
    std::set<std::string> keys;
    for (int i = 0; i < 40; ++i) {
      std::string key = word();
      for (std::uint64_t n = rng.below(4); n > 0; --n) key += "/" + word();
      if (!key.empty() && store.put(key, key)) keys.insert(key);
    }
    for (int i = 0; i < 20; ++i) {
      std::string prefix = word();
      if (rng.below(2) == 0) prefix += "/" + word();
      const std::string delimiter = Keys{"", "/", "/", "b", "-/"}[rng.below(5)];
      const auto max = static_cast<std::uint32_t>(1 + rng.below(7));
      INFO("prefix " << prefix << ", delimiter " << delimiter << ", pages of " << max);
      CHECK(walk(store, {.prefix = prefix, .delimiter = delimiter, .max_keys = max}) ==
            expected(keys, prefix, delimiter));
    }
  }
}
