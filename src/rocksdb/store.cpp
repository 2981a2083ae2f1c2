// SPDX-License-Identifier: BSL-1.0
#include "rocksdb/store.hpp"

#include <rocksdb/write_batch.h>

#include <utility>
#include <vector>

#include "millrace/core/error.hpp"

namespace millrace::detail {
namespace {

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

class Frozen final : public RowSnapshot {
 public:
  explicit Frozen(std::shared_ptr<OpenRocksdb> open)
      : open_(std::move(open)), snapshot_(open_->db().GetSnapshot()) {}
  ~Frozen() override { open_->db().ReleaseSnapshot(snapshot_); }
  void scan(std::string_view from, std::string_view to, RowVisitor& visitor) const override {
    open_->scan(snapshot_, from, to, visitor);
  }

 private:
  const std::shared_ptr<OpenRocksdb> open_;
  const rocksdb::Snapshot* const snapshot_;
};

class Store final : public RowStore {
 public:
  Store(std::shared_ptr<OpenRocksdb> open, ByteSize row_memory)
      : open_(std::move(open)), row_memory_(row_memory) {
    writing_.disableWAL = true;  // what lasts are the checkpoints
  }

  void get(const std::vector<std::string_view>& keys, Found& found) override {
    keys_.assign(keys.size(), {});
    for (std::size_t i = 0; i < keys.size(); ++i) keys_[i] = slice(keys[i]);
    if (values_.size() < keys.size()) values_.resize(keys.size());
    if (statuses_.size() < keys.size()) statuses_.resize(keys.size());
    rocksdb::DB& db = open_->db();
    db.MultiGet({}, db.DefaultColumnFamily(), keys_.size(), keys_.data(), values_.data(),
                statuses_.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!statuses_[i].IsNotFound()) {
        open_->check(statuses_[i]);
        found.take(i, view(values_[i]));
      }
      values_[i].Reset();
    }
  }
  void put(std::string_view key, std::string_view value) override {
    open_->check(changes_.Put(slice(key), slice(value)));
  }
  void erase(std::string_view key) override { open_->check(changes_.Delete(slice(key))); }
  void write() override {
    if (changes_.Count() == 0) return;
    open_->check(open_->db().Write(writing_, &changes_));
    changes_.Clear();
  }
  void scan(std::string_view from, std::string_view to, RowVisitor& visitor) override {
    open_->scan(nullptr, from, to, visitor);
  }
  std::unique_ptr<RowSnapshot> snapshot() override { return std::make_unique<Frozen>(open_); }
  ByteSize row_memory() const override { return row_memory_; }

 private:
  const std::shared_ptr<OpenRocksdb> open_;
  const ByteSize row_memory_;
  rocksdb::WriteOptions writing_;
  rocksdb::WriteBatch changes_;
  std::vector<rocksdb::Slice> keys_;
  std::vector<rocksdb::PinnableSlice> values_;
  std::vector<rocksdb::Status> statuses_;
};

}  // namespace

OpenRocksdb::OpenRocksdb(std::shared_ptr<ScratchDirectory> directory, std::string step,
                         std::string place, std::shared_ptr<const RocksdbResources> shared)
    : shared_(std::move(shared)),
      directory_(std::move(directory)),
      step_(std::move(step)),
      place_(std::move(place)) {
  rocksdb::DB* db = nullptr;
  check(rocksdb::DB::Open(rocksdb_settings(*shared_), place_, &db));
  db_.reset(db);
}

OpenRocksdb::~OpenRocksdb() {
  db_.reset();
  (void)rocksdb::DestroyDB(place_, {});  // the next start removes what can't be removed now
}

void OpenRocksdb::scan(const rocksdb::Snapshot* snapshot, std::string_view from,
                       std::string_view to, RowVisitor& visitor) const {
  rocksdb::ReadOptions reading;
  reading.snapshot = snapshot;
  reading.fill_cache = false;
  const rocksdb::Slice end = slice(to);
  reading.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(reading));
  for (rows->Seek(slice(from)); rows->Valid(); rows->Next())
    if (!visitor.row(view(rows->key()), view(rows->value()))) break;
  check(rows->status());
}

std::unique_ptr<RowStore> rocksdb_store(std::shared_ptr<OpenRocksdb> open, ByteSize row_memory) {
  return std::make_unique<Store>(std::move(open), row_memory);
}

}  // namespace millrace::detail
