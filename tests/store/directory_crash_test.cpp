// SPDX-License-Identifier: BSL-1.0
#include <map>
#include <optional>

#include "catch.hpp"
#include "crashing_fs.hpp"
#include "millrace/sim/env.hpp"
#include "millrace/store/directory.hpp"

using namespace millrace;
using namespace millrace::store;

namespace {

using Objects = std::map<std::string, std::string>;

// One call on the store that power may end; what it leaves when it returned.
struct Change {
  std::string key;
  std::optional<std::string> value;  // nothing: a remove
};

std::string value_of(SeededRng& rng) {
  return std::string(rng.below(3) == 0 ? 3000 : 20, static_cast<char>('a' + rng.below(26))) +
         std::to_string(rng.next());
}

void apply(Directory& store, const Change& change, std::uint64_t how) {
  if (!change.value) return store.remove(change.key).value();
  if (how % 2 == 0) return (void)store.put(change.key, *change.value).value();
  const std::size_t middle = change.value->size() / 2;
  const Upload upload = store.create_upload(change.key).value();
  std::vector<Part> parts;
  parts.push_back(store.upload_part(upload, 1, change.value->substr(0, middle)).value());
  parts.push_back(store.upload_part(upload, 2, change.value->substr(middle)).value());
  (void)store.complete(upload, parts).value();
}

Objects contents(const Directory& store) {
  Objects objects;
  const ListPage page = store.list().value();
  for (const ObjectInfo& object : page.objects) objects[object.key] = store.get(object.key).value();
  return objects;
}

std::size_t temporaries(const sim::Disk& disk) {
  std::size_t count = 0;
  for (const std::string& path : disk.paths())
    count += path.find("/.millrace/tmp/") != std::string::npos && !path.ends_with("/lock") &&
             !path.ends_with('/');
  return count;
}

void crash_and_compare(std::uint64_t seed, sim::DiskModel model) {
  SeededRng rng(seed);
  sim::Disk disk(seed, {.model = model});
  Objects acknowledged;
  for (int life = 0; life < 12; ++life) {
    sim::Env sim({.seed = seed + static_cast<std::uint64_t>(life)}, disk);
    CrashPoint point;
    CrashingFs fs(sim.env().fs, point);
    Env env{sim.env().clock, sim.env().scheduler, sim.env().rng,   fs,
            sim.env().net,   sim.env().faults,    sim.env().logger};
    std::optional<Change> open_change;
    try {
      point.set(1 + rng.below(60));
      Directory store = Directory::open(env, "/lake").value();
      for (;;) {
        const char* names[] = {"a", "a/b.json", "year=2022/x", "d/e/f", "long"};
        Change change{names[rng.below(5)], std::nullopt};
        if (change.key == "long") change.key.append(300, 'g');
        if (rng.below(4) != 0) change.value = value_of(rng);
        open_change = change;
        apply(store, change, rng.next());
        open_change.reset();
        if (change.value)
          acknowledged[change.key] = *change.value;
        else
          acknowledged.erase(change.key);
      }
    } catch (const PowerLoss&) {
    }
    disk.crash(rng.next());
    sim::Env after({.seed = ~seed}, disk);
    const Objects found = contents(Directory::open(after.env(), "/lake").value());
    Objects expected = acknowledged;
    if (open_change) {
      const auto now = found.find(open_change->key);
      const bool done = open_change->value
                            ? now != found.end() && now->second == *open_change->value
                            : now == found.end();
      if (done && open_change->value) expected[open_change->key] = *open_change->value;
      if (done && !open_change->value) expected.erase(open_change->key);
    }
    INFO("life " << life << ", open change of "
                 << (open_change ? open_change->key : std::string("nothing")));
    REQUIRE(found == expected);
    REQUIRE(temporaries(disk) == 0);
    acknowledged = found;
  }
}

}  // namespace

TEST_CASE("power loss at any call leaves what was acknowledged, and the call done or not done") {
  for (const sim::DiskModel model : {sim::DiskModel::strict, sim::DiskModel::ext4})
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
      INFO("model " << static_cast<int>(model) << ", seed " << seed);
      crash_and_compare(seed, model);
    }
}
