// SPDX-License-Identifier: BSL-1.0
// What state in RocksDB does beyond what all keyed state does: it is larger than memory, goes to
// and from memory by checkpoints, and says what its disk has refused.
#include "keyed_rig.hpp"

#if MILLRACE_HAS_ROCKSDB
#include <sys/resource.h>

#include <csignal>
#include <fstream>

using namespace keyed;
using Catch::Matchers::StartsWith;

namespace {

/// One of each kind.
struct Counting : Told {
  using key_type = std::uint32_t;
  ValueState<int> count{"count"};
  ListState<std::string> list{"list"};
  MapState<int, int> map{"map"};
  auto states() { return std::tie(count, list, map, timers); }
  void on_record(const Act<Counting>& act, Timestamp, Emitter<std::string>& out) {
    act.f(*this, out);
  }
  void on_timer(std::uint32_t key, Timestamp t, Emitter<std::string>& out) {
    out.emit(text(key, t) + ":" + std::to_string(count.value_or(0)), t);
  }
};
using Rig = KeyedRig<Counting>;

void count(Rig& rig, std::uint32_t key) {
  rig.push(key, at(0s), [=](Counting& op) {
    op.count.update([](int& n) { ++n; });
    if (key % 2 == 0) op.list.add("item of " + std::to_string(key));
    if (key % 3 == 0) op.map.put(static_cast<int>(key % 5), op.count.value_or(0));
    if (key % 10 == 0) op.timers.at_event_time(at(1s * (1 + key % 7)));
  });
}
/// Key n is counted 1 + n % 3 times.
void fill(Rig& rig, std::uint32_t keys) {
  for (std::uint32_t round = 0; round < 3; ++round)
    for (std::uint32_t key = 0; key < keys; ++key)
      if (key % 3 >= round) count(rig, key);
}
void check_filled(Rig& rig, std::uint32_t keys) {
  std::uint32_t right = 0;
  for (std::uint32_t key = 0; key < keys; ++key)
    rig.push(key, at(0s), [&](Counting& op) {
      const int times = 1 + static_cast<int>(key % 3);
      const bool list = op.list.size() == (key % 2 ? 0u : static_cast<unsigned>(times));
      const bool map = key % 3 ? op.map.empty() : op.map.get(static_cast<int>(key % 5)) != nullptr;
      right += op.count.value_or(0) == times && list && map;
    });
  CHECK(right == keys);
  CHECK(rig.letters().empty());
}
std::vector<std::string> fired(Rig& rig) {
  rig.watermark(at(100s));
  auto all = rig.take();
  std::ranges::sort(all);
  return all;
}
Rig rocksdb_rig(const TemporaryDirectory& directory, unsigned parallelism = 1,
                ByteSize rows = 4_KiB) {
  return Rig(parallelism, {}, 1_GiB, rocksdb_in(directory.path(), rows));
}
std::string failure_of(const std::function<void()>& f) {
  try {
    f();
    return "no failure";
  } catch (const Failure& failure) {
    return std::string(to_string(failure.error().code())) + ": " + failure.error().message();
  }
}

}  // namespace

TEST_CASE("state in RocksDB is many times what is held of it in memory") {
  const TemporaryDirectory directory;
  Rig rig = rocksdb_rig(directory, 1, 16_KiB);
  constexpr std::uint32_t keys = 10'000;
  fill(rig, keys);
  check_filled(rig, keys);
  // Places of rows, the index of 64 of them at least, and marks come on top.
  CHECK(rig.state_bytes() < 60'000);
  Rig memory(1, {}, 1_GiB, nullptr);
  fill(memory, keys);
  CHECK(memory.state_bytes() > 20 * rig.state_bytes());
}

TEST_CASE("a checkpoint of state in RocksDB is restored at any parallelism") {
  constexpr std::uint32_t keys = 1000;
  const TemporaryDirectory directory;
  Rig rig = rocksdb_rig(directory, 3);
  fill(rig, keys);
  const auto items = rig.save();
  const auto expected = fired(rig);
  REQUIRE(expected.size() == 100);
  for (const unsigned parallelism : {1u, 2u, 5u}) {
    INFO("parallelism " << parallelism);
    const TemporaryDirectory other;
    Rig again = rocksdb_rig(other, parallelism);
    again.load(items).value();
    check_filled(again, keys);
    CHECK(fired(again) == expected);
  }
}

TEST_CASE("a checkpoint goes from memory to RocksDB and back") {
  constexpr std::uint32_t keys = 1000;
  Rig memory(2, {}, 1_GiB, nullptr);
  fill(memory, keys);
  const TemporaryDirectory directory;
  Rig rocksdb = rocksdb_rig(directory, 3);
  rocksdb.load(memory.save()).value();
  check_filled(rocksdb, keys);
  Rig again(1, {}, 1_GiB, nullptr);
  again.load(rocksdb.save()).value();
  check_filled(again, keys);
  const auto expected = fired(memory);
  CHECK(fired(rocksdb) == expected);
  CHECK(fired(again) == expected);
}

TEST_CASE("rows are saved as they were at the barrier, also when their database is closed since") {
  constexpr std::uint32_t keys = 500;
  struct Later final : Barrier {
    std::unique_ptr<FrozenState> frozen;
    CheckpointId id() const override { return CheckpointId{}; }
    void save(const Step&, StateItem) override {}
    void save_later(const Step&, std::unique_ptr<FrozenState> state) override {
      frozen = std::move(state);
    }
    void sink_done(const Step&) override {}
    void sink_done(const Step&, Committable) override {}
    void committed(const Step&) override {}
  } later;
  struct Taken final : StateSink {
    std::vector<StateItem> items;
    void take(StateItem item) override { items.push_back(std::move(item)); }
  } taken;
  const TemporaryDirectory directory;
  {
    Rig rig = rocksdb_rig(directory);
    fill(rig, keys);
    rig.step().barrier(later);
    fill(rig, 2 * keys);
    fired(rig);
  }
  later.frozen->encode(taken);
  later.frozen.reset();
  Rig again(1, {}, 1_GiB, nullptr);
  again.load(taken.items).value();
  check_filled(again, keys);
  CHECK(again.ask(keys, at(0s), [](Counting& op) { return op.count.value_or(0); }) == 0);
}

TEST_CASE("many timers of one time fire in the order of their keys") {
  const TemporaryDirectory directory;
  Rig rig = rocksdb_rig(directory);
  for (std::uint32_t i = 0; i < 2000; ++i)
    rig.push(i * 2'654'435'761u, at(0s), [](Counting& op) { op.timers.at_event_time(at(5s)); });
  for (std::uint32_t i = 0; i < 2000; i += 2)
    rig.push(i * 2'654'435'761u, at(0s), [](Counting& op) { op.timers.cancel_event_time(at(5s)); });
  rig.watermark(at(4s));
  CHECK(rig.take().empty());
  rig.watermark(at(5s));
  std::vector<std::uint32_t> keys;
  for (const std::string& text : rig.take())
    keys.push_back(static_cast<std::uint32_t>(std::stoul(text)));
  CHECK(keys.size() == 1000);
  CHECK(std::ranges::is_sorted(keys));
  rig.watermark(at(6s));
  CHECK(rig.take().empty());
}

TEST_CASE("what has expired on the disk is swept out of it as other keys come") {
  struct Expiring : Told {
    using key_type = int;
    ValueState<int> value{"value", {.ttl = 10s}};
    ListState<std::string> list{"list", {.ttl = 50s}};
    auto states() { return std::tie(value, list); }
    void on_record(const Act<Expiring>& act, Timestamp, Emitter<std::string>& out) {
      act.f(*this, out);
    }
  };
  const TemporaryDirectory directory;
  KeyedRig<Expiring> rig(1, {}, 1_GiB, rocksdb_in(directory.path(), 4_KiB));
  const auto rows = [&] {
    std::size_t bytes = 0;
    for (const StateItem& item : rig.save()) bytes += item.bytes.size();
    return bytes;
  };
  for (int key = 0; key < 2000; ++key)
    rig.push(key, at(0s), [=](Expiring& op) {
      op.value.set(key);
      if (key % 2) op.list.add("a text that is longer than a value");
    });
  const std::size_t full = rows();
  const auto go_on = [&](Duration to) {
    rig.watermark(at(to));
    for (int i = 0; i < 10'000; ++i) rig.push(5000, at(to), [](Expiring& op) { op.value.set(1); });
  };
  go_on(20s);
  const std::size_t lists = rows();
  CHECK(lists < full - 2000 * 14);
  CHECK(rig.ask(7, at(20s), [](Expiring& op) { return op.list.size(); }) == 1);
  CHECK(rig.ask(7, at(20s), [](Expiring& op) { return op.value.value_or(0); }) == 0);
  go_on(60s);
  CHECK(rows() < 1000);
}

TEST_CASE("the directory is emptied at the start and at the end, but of nothing else than rows") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() + "/mine") << "mine";
  std::filesystem::create_directory(directory.path() + "/step.9.rocksdb");
  std::ofstream(directory.path() + "/step.9.rocksdb/000012.sst") << "of a run that was killed";
  {
    Rig rig = rocksdb_rig(directory);
    CHECK_FALSE(std::filesystem::exists(directory.path() + "/step.9.rocksdb/000012.sst"));
    fill(rig, 100);
    CHECK(std::filesystem::exists(directory.path() + "/step.0.rocksdb/CURRENT"));
  }
  CHECK_FALSE(std::filesystem::exists(directory.path() + "/step.0.rocksdb/CURRENT"));
  CHECK(std::filesystem::exists(directory.path() + "/mine"));
}

TEST_CASE("a directory that another pipeline uses is a conflict") {
  const TemporaryDirectory directory;
  const Rig rig = rocksdb_rig(directory);
  const std::string failure = failure_of([&] { rocksdb_rig(directory); });
  CHECK_THAT(failure, StartsWith("conflict: step \"step\": its state's directory " +
                                 directory.path() + " is in use by another pipeline ("));
  CHECK(failure.find("give rocksdb_state() another directory") != std::string::npos);
}

TEST_CASE("a directory that can't be is an error with the step, the place and what to do") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() + "/file") << "no directory";
  const std::string place = directory.path() + "/file/rows";
  const std::string failure = failure_of([&] { Rig(1, {}, 1_GiB, rocksdb_in(place, 4_KiB)); });
  CHECK_THAT(failure,
             StartsWith("io: step \"step\": its state in RocksDB at " + place + ": IO error"));
  CHECK(failure.find("see that the directory can be written to and read") != std::string::npos);
}

TEST_CASE("a disk that takes no more fails the step, with the place and what RocksDB says") {
  const TemporaryDirectory directory;
  Rig rig = rocksdb_rig(directory);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{200'000, before.rlim_max};
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string failure = failure_of([&] {
    for (std::uint32_t key = 0; key < 20'000; ++key)
      rig.push(key, at(0s), [](Counting& op) { op.list.add(std::string(2000, 'x')); });
  });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old);
  CHECK_THAT(failure, StartsWith("io: step \"step\": its state in RocksDB at " + directory.path() +
                                 "/step.0.rocksdb: IO error"));
  CHECK(failure.find("File too large") != std::string::npos);
}

#endif
