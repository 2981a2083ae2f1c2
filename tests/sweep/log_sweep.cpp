// SPDX-License-Identifier: BSL-1.0
// A sweep over the log: power lost at every operation of a run, and at random moments.
#include "catch.hpp"
#include "log/log_fixture.hpp"

using namespace log_test;

namespace {

constexpr sim::FileCall changes[] = {
    sim::FileCall::open,     sim::FileCall::write,    sim::FileCall::sync,
    sim::FileCall::truncate, sim::FileCall::allocate, sim::FileCall::make_directories,
    sim::FileCall::rename,   sim::FileCall::remove,   sim::FileCall::sync_directory};
constexpr const char* names[] = {"open",     "write",    "sync",
                                 "truncate", "allocate", "make_directories",
                                 "rename",   "remove",   "sync_directory"};

const Options small{.shards = 1, .segment_size = 4_KiB, .group_size = 1_KiB, .reserve = 1_KiB};

std::string record(std::uint64_t n) {
  return "record " + std::to_string(n) + std::string(n % 200, '.');
}

// Appends records until a call fails; how many were acknowledged.
std::uint64_t append_until_failure(sim::Env& sim, std::uint64_t records) {
  auto log = Log::open(sim.env(), dir, small);
  if (!log) return 0;
  std::uint64_t acknowledged = 0;
  while (acknowledged < records) {
    std::vector<std::string> data;
    for (std::uint64_t i = 0; i < 1 + acknowledged % 5; ++i)
      data.push_back(record(acknowledged + i));
    std::vector<Record> batch;
    for (const std::string& d : data) batch.push_back({.data = d, .key = "k"});
    std::vector<Ack> acks(batch.size());
    if (!log->append(batch, acks)) {
      sim.crash();  // before the Log's end, which would write
      return acknowledged;
    }
    acknowledged += batch.size();
  }
  sim.crash();
  return acknowledged;
}

// Whether recovery keeps every acknowledged record and nothing that was never appended.
void check_recovered(sim::Env& sim, std::uint64_t acknowledged) {
  auto log = Log::open(sim.env(), dir, small);
  INFO((log ? std::string() : log.error().message()));
  REQUIRE(log.has_value());
  const auto all = read_shard(sim.env()).value();
  REQUIRE(all.size() >= acknowledged);
  for (std::uint64_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == record(i));
  REQUIRE(put(*log, record(all.size())) == all.size());
}

}  // namespace

TEST_CASE("power loss at every operation: every acknowledged record is there") {
  std::uint64_t states = 0;
  for (const auto model : {sim::DiskModel::strict, sim::DiskModel::ext4})
    for (std::size_t c = 0; c < std::size(changes); ++c)
      for (std::uint64_t at = 1; at < 1000; ++at) {
        bool reached = false;
        for (std::uint64_t seed = 1; seed <= 3; ++seed, ++states) {
          INFO("model " << static_cast<int>(model) << " seed " << seed << " lost at " << names[c]
                        << " " << at);
          sim::Disk disk(seed, {.model = model});
          sim::Env sim({.seed = seed}, disk);
          // The call that fails is the last one before the lights go out; a write does a part.
          disk.inject({.call = changes[c], .fault = sim::FileFault::partial, .at_call = at});
          const std::uint64_t acknowledged = append_until_failure(sim, 120);
          reached = disk.faults_injected() != 0;
          disk.heal();
          check_recovered(sim, acknowledged);
        }
        if (!reached) break;
      }
  WARN("power loss: " << states << " states, 0 bad");
  CHECK(states > 150);
}

TEST_CASE("power loss at random moments, several times over one log") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("strict, seed " << seed);
    SeededRng rng(seed);
    sim::Disk disk(seed);
    sim::Env sim({.seed = seed}, disk);
    const std::uint64_t acknowledged = append_until_failure(sim, 1 + rng.below(150));
    for (int again = 0; again < 3; ++again) {
      check_recovered(sim, acknowledged);
      sim.crash();
    }
  }
}
