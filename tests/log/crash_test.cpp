// SPDX-License-Identifier: BSL-1.0
// The property that matters: whatever a power loss, a kill or a failing disk does, each record that
// was acknowledged is there, in its place, and none that was never appended.
#include <map>
#include <memory>

#include "catch.hpp"
#include "log_fixture.hpp"

using namespace log_test;

namespace {

constexpr std::uint32_t shards = 2;

struct World {
  explicit World(std::uint64_t seed, sim::DiskModel model)
      : rng(seed), disk(seed, {.model = model}), sim({.seed = seed}, disk) {}

  SeededRng rng;
  sim::Disk disk;
  sim::Env sim;
  std::vector<Log> writers;
  std::uint64_t next_id = 0;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> acknowledged;
  std::map<std::string, std::uint32_t> attempts;  // how often each record was given to append()

  Options options() const {
    return {.shards = shards, .segment_size = 6_KiB, .group_size = 700_B, .reserve = 1_KiB};
  }

  // A process with the log open; a disk that fails may refuse.
  bool start() {
    for (int tries = 0; tries < 50; ++tries) {
      auto log = Log::open(sim.env(), dir, options());
      if (log) {
        writers.push_back(std::move(*log));
        return true;
      }
      INFO(log.error().message());
      REQUIRE((log.error().code() == Errc::io || log.error().code() == Errc::out_of_space));
    }
    return false;
  }

  void append_some() {
    Log& log = writers[rng.below(writers.size())];
    std::vector<std::string> data(1 + rng.below(12));
    std::vector<std::string> keys;
    std::vector<Record> records;
    keys.reserve(data.size());
    for (std::string& d : data) {
      d = std::to_string(next_id++) + ':' + std::string(rng.below(300), 'x');
      keys.push_back("key-" + std::to_string(rng.below(20)));
      records.push_back({.data = d, .key = keys.back()});
      ++attempts[d];
    }
    std::vector<Ack> acks(records.size());
    static_cast<void>(log.append(records, acks).has_value());
    for (std::size_t i = 0; i < records.size(); ++i)
      if (acks[i].sequence != Ack::none) {
        const auto [at, fresh] = acknowledged.insert({{acks[i].shard, acks[i].sequence}, data[i]});
        INFO("sequence " << acks[i].sequence << " given twice");
        REQUIRE(fresh);
      }
  }

  void check() {
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      const auto all = read_shard(sim.env(), shard).value();
      for (const std::string& record : all) REQUIRE(attempts.count(record) == 1);
      for (const auto& [place, data] : acknowledged) {
        if (place.first != shard) continue;
        INFO("shard " << shard << " record " << place.second << " of " << all.size());
        REQUIRE(place.second < all.size());
        REQUIRE(all[place.second] == data);
      }
    }
  }
};

void run(std::uint64_t seed, sim::DiskModel model, double fault_rate) {
  INFO("seed " << seed << " model " << static_cast<int>(model) << " faults " << fault_rate);
  World world(seed, model);
  for (int life = 0; life < 5; ++life) {
    if (fault_rate > 0)
      for (const auto call :
           {sim::FileCall::write, sim::FileCall::sync, sim::FileCall::allocate, sim::FileCall::open,
            sim::FileCall::sync_directory, sim::FileCall::truncate, sim::FileCall::read})
        for (const auto fault :
             {sim::FileFault::io, sim::FileFault::out_of_space, sim::FileFault::partial})
          world.disk.inject({.call = call, .fault = fault, .probability = fault_rate});
    const std::uint64_t processes = 1 + world.rng.below(2);
    for (std::uint64_t i = 0; i < processes; ++i)
      if (!world.start()) break;
    for (std::uint64_t i = world.writers.empty() ? 40 : 0; i < 40; ++i) world.append_some();
    if (world.rng.below(3) == 0)
      world.sim.kill();
    else
      world.sim.crash();
    world.writers.clear();
    world.disk.heal();
    REQUIRE(world.start());
    world.writers.clear();
    world.check();
  }
}

}  // namespace

TEST_CASE("acknowledged records survive power loss and kills, in both disk models") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    for (const auto model : {sim::DiskModel::strict, sim::DiskModel::ext4}) run(seed, model, 0);
}

TEST_CASE("acknowledged records survive crashes on a disk that fails now and then") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    for (const auto model : {sim::DiskModel::strict, sim::DiskModel::ext4}) run(seed, model, 0.004);
}
