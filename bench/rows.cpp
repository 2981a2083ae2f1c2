// SPDX-License-Identifier: BSL-1.0
// What keyed state larger than memory costs beside RocksDB itself.
#include "rows.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

#include "millrace/millrace.hpp"
#include "millrace/rocksdb/rocksdb_state.hpp"
#include "millrace/stream/keyed_process.hpp"
#include "rocksdb/settings.hpp"

namespace bench::rows {
namespace {

using namespace millrace;

constexpr std::uint32_t batch_size = 256;

std::string directory() {
  return (std::filesystem::temp_directory_path() / "millrace-bench-rows").string();
}

/// The keys of the input, one after the other.
class Keys {
 public:
  explicit Keys(const Input& input) : keys_(input.keys) {}
  std::uint64_t next() {
    const std::uint64_t n = n_++;
    // Each key once: an odd factor only changes their order.
    if (n < keys_) return n * 0x9E3779B97F4A7C15ull;
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return (state_ >> 11) % keys_ * 0x9E3779B97F4A7C15ull;
  }

 private:
  std::uint64_t keys_;
  std::uint64_t n_ = 0;
  std::uint64_t state_ = 88172645463325252ull;
};

void note(Check& check, std::uint64_t key, std::uint64_t count) {
  ++check.count;
  check.sum += key * (count + 0xD1B54A32D192ED03ull);
}

struct Record {
  std::uint64_t key = 0;
};
struct Generated {
  using value_type = Record;
  Input input;
  Keys keys{input};
  std::uint64_t done = 0;
  ReadStatus read(Batch<Record>& out, Context&) {
    for (; done < input.records && out.room(); ++done) {
      out.slot().key = keys.next();
      out.commit({});
    }
    return done == input.records ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {std::to_string(done)}; }
  void resume(const Position&) {}
};
struct Counting {
  using output_type = Record;
  Check* check;
  ValueState<std::uint64_t> count{"count"};
  auto states() { return std::tie(count); }
  void on_record(const Record& record, Timestamp, Emitter<Record>&) {
    count.update([&](std::uint64_t& n) { note(*check, record.key, ++n); });
  }
};
struct Nothing {
  void write(const Batch<Record>&, Context&) {}
};

Check library(const Input& input, std::shared_ptr<StateBackend> backend) {
  Check check;
  Topology t("rows");
  t.source("keys", Generated{input})
      .key_by(&Record::key)
      .process("count", Counting{&check})
      .to("nothing", Nothing{});
  Pipeline(std::move(t), {.state_budget = 8_GiB, .state_backend = std::move(backend)}).run();
  return check;
}

void check(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

/// One batch of keys in RocksDB, counted.
class Loop {
 public:
  explicit Loop(const Input& input) : shared_(input.memory().bytes), place_(directory() + "-loop") {
    check(rocksdb::DestroyDB(place_, {}));
    rocksdb::DB* db = nullptr;
    check(rocksdb::DB::Open(millrace::detail::rocksdb_settings(shared_), place_, &db));
    db_.reset(db);
    writing_.disableWAL = true;
  }
  ~Loop() {
    db_.reset();
    (void)rocksdb::DestroyDB(place_, {});
  }
  void count(const std::uint64_t* keys, std::size_t n, Check& sum) {
    for (std::size_t i = 0; i < n; ++i) {
      bytes_[i][0] = static_cast<char>(keys[i] >> 57);
      std::memcpy(&bytes_[i][1], &keys[i], sizeof keys[i]);
      slices_[i] = rocksdb::Slice(bytes_[i].data(), bytes_[i].size());
    }
    db_->MultiGet({}, db_->DefaultColumnFamily(), n, slices_.data(), values_.data(),
                  statuses_.data());
    places_.fill(0);
    firsts_ = 0;
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t at = (keys[i] * 0x2545F4914F6CDD1Dull) >> 54;
      while (places_[at] && keys[places_[at] - 1u] != keys[i]) at = (at + 1) % places_.size();
      if (!places_[at]) {  // not the same key again
        places_[at] = static_cast<std::uint16_t>(i + 1);
        first_[firsts_++] = static_cast<std::uint16_t>(i);
        counts_[i] = 0;
        if (statuses_[i].ok()) std::memcpy(&counts_[i], values_[i].data(), sizeof counts_[i]);
      }
      values_[i].Reset();
      note(sum, keys[i], ++counts_[places_[at] - 1u]);
    }
    for (std::size_t k = 0; k < firsts_; ++k) {
      const std::size_t i = first_[k];
      const auto* const count = reinterpret_cast<const char*>(&counts_[i]);
      check(changes_.Put(slices_[i], rocksdb::Slice(count, sizeof counts_[i])));
    }
    check(db_->Write(writing_, &changes_));
    changes_.Clear();
  }

 private:
  millrace::detail::RocksdbResources shared_;
  std::string place_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions writing_;
  rocksdb::WriteBatch changes_;
  std::array<std::array<char, 9>, batch_size> bytes_;
  std::array<rocksdb::Slice, batch_size> slices_;
  std::array<rocksdb::PinnableSlice, batch_size> values_;
  std::array<rocksdb::Status, batch_size> statuses_;
  std::array<std::uint64_t, batch_size> counts_;
  std::array<std::uint16_t, 1024> places_;  // 1 + index of a key's first occurrence, by its hash
  std::array<std::uint16_t, batch_size> first_;
  std::size_t firsts_ = 0;
};

}  // namespace

Check loop(const Input& input) {
  Loop loop(input);
  Keys keys(input);
  Check sum;
  std::array<std::uint64_t, batch_size> batch;
  for (std::uint64_t done = 0; done < input.records;) {
    const auto n =
        static_cast<std::size_t>(std::min<std::uint64_t>(batch_size, input.records - done));
    for (std::size_t i = 0; i < n; ++i) batch[i] = keys.next();
    loop.count(batch.data(), n, sum);
    done += n;
  }
  return sum;
}

Check library_rocksdb(const Input& input) {
  return library(input, rocksdb_state({.directory = directory(), .memory = input.memory()}));
}
Check library_memory(const Input& input) { return library(input, nullptr); }

}  // namespace bench::rows
