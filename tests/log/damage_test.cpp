// SPDX-License-Identifier: BSL-1.0
// Each byte of a small log flipped: found, or harmless, but never a record that was not appended.
#include <algorithm>

#include "catch.hpp"
#include "log_fixture.hpp"
#include "millrace/log/inspect.hpp"

using namespace log_test;

namespace {

std::vector<std::string> build(sim::Env& sim) {
  std::vector<std::string> records;
  Log log = Log::open(sim.env(), dir,
                      {.shards = 1, .segment_size = 700_B, .group_size = 200_B, .reserve = 1_B})
                .value();
  for (int i = 0; i < 40; ++i) {
    records.push_back("record " + std::to_string(i));
    put(log, records.back());
  }
  return records;
}

// What recovery and a reader make of the damaged files: a prefix of the records or an error.
void judge(sim::Env& sim, const std::vector<std::string>& appended) {
  {
    auto log = Log::open(sim.env(), dir, {.reserve = 1_B});
    if (!log) {
      REQUIRE((log.error().code() == Errc::corrupted || log.error().code() == Errc::unsupported));
      CHECK_THAT(log.error().message(), Catch::Contains(dir));
      return;
    }
  }
  const auto read = read_shard(sim.env());
  if (!read) {
    REQUIRE(read.error().code() == Errc::corrupted);
    CHECK_THAT(read.error().message(), Catch::Contains(" at offset "));
    return;
  }
  REQUIRE(*read == appended);
}

}  // namespace

TEST_CASE("a flipped bit anywhere is found, with file and offset, or changes nothing") {
  sim::Disk pattern(1);
  sim::Env first({}, pattern);
  const auto appended = build(first);
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& path : pattern.paths())
    if (!path.ends_with('/')) files.emplace_back(path, *pattern.contents(path));
  REQUIRE(files.size() > 8);
  SeededRng rng(5);
  for (const auto& [damaged, bytes] : files)
    for (std::uint64_t offset = 0; offset < bytes.size(); ++offset) {
      const auto bit = static_cast<unsigned>(rng.below(8));
      INFO(damaged << " offset " << offset << " bit " << bit);
      sim::Disk disk(1);
      sim::Env sim({}, disk);
      sim.env().fs.make_directories(dir + "/shard-000000").value();
      for (const auto& [path, contents] : files) overwrite(sim.env(), path, contents);
      disk.flip_bit(damaged, offset, bit).value();
      judge(sim, appended);
      // A look at the files finds at least what recovery finds.
      const auto seen = dump(sim.env().fs, dir, {}, [&](const StoredRecord& r) {
        REQUIRE(r.data == appended.at(r.sequence));
        return true;
      });
      if (!seen) REQUIRE_FALSE(seen.error().message().empty());
    }
}
