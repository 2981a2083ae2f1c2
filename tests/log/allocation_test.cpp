// SPDX-License-Identifier: BSL-1.0
// After warm-up neither appending nor reading allocates per record.
#include "catch.hpp"
#include "counted_new.hpp"
#include "log_fixture.hpp"

using namespace log_test;

TEST_CASE("appending and reading allocate per batch, not per record") {
  constexpr std::size_t batch_size = 4096;
  constexpr int batches = 20;
  sim::Env sim;
  Log log = Log::open(sim.env(), dir, {.shards = 2, .durability = Durability::none}).value();
  const std::string data(100, 'd');
  std::vector<std::string> keys;
  for (int i = 0; i < 64; ++i) keys.push_back("key-" + std::to_string(i));
  std::vector<Record> records;
  for (std::size_t i = 0; i < batch_size; ++i)
    records.push_back({.data = data, .key = keys[i % keys.size()]});
  std::vector<Ack> acks(batch_size);
  for (int i = 0; i < 3; ++i) log.append(records, acks).value();
  long before = allocations;
  for (int i = 0; i < batches; ++i) log.append(records, acks).value();
  // The simulated disk keeps each write in a string of its own.
  CHECK(allocations - before < batches * 40);

  ArenaPool arenas;
  ShardReader reader(sim.env(), dir, 0);
  Batch<Message> batch;
  for (int i = 0; i < 20; ++i) {
    batch.clear();
    static_cast<void>(reader.read(batch, arenas).value());
  }
  before = allocations;
  std::uint64_t read = 0;
  for (;;) {
    batch.clear();
    const auto status = reader.read(batch, arenas).value();
    read += batch.size();
    if (status != ReadStatus::more) break;
  }
  CHECK(read > 10'000);
  CHECK(allocations - before < 20);
}
