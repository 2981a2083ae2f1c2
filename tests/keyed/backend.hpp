// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "millrace/state/row_store.hpp"
#if MILLRACE_HAS_ROCKSDB
#include "millrace/rocksdb/rocksdb_state.hpp"
#endif

namespace keyed {

using namespace millrace;

/// A directory that is empty at first and gone at last.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "millrace-rows-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Another backend's stores, of whose rows as many are in memory as a test wants.
class WithRowMemory final : public StateBackend {
 public:
  WithRowMemory(std::shared_ptr<StateBackend> backend, ByteSize rows)
      : backend_(std::move(backend)), rows_(rows) {}
  std::unique_ptr<RowStore> open(const std::string& step, std::uint32_t subtask,
                                 std::uint32_t parallelism) override {
    return std::make_unique<Store>(backend_->open(step, subtask, parallelism), rows_);
  }

 private:
  struct Store final : RowStore {
    Store(std::unique_ptr<RowStore> store, ByteSize size) : inner(std::move(store)), rows(size) {}
    void get(const std::vector<std::string_view>& keys, Found& found) override {
      inner->get(keys, found);
    }
    void put(std::string_view key, std::string_view value) override { inner->put(key, value); }
    void erase(std::string_view key) override { inner->erase(key); }
    void write() override { inner->write(); }
    void scan(std::string_view from, std::string_view to, RowVisitor& visitor) override {
      inner->scan(from, to, visitor);
    }
    std::unique_ptr<RowSnapshot> snapshot() override { return inner->snapshot(); }
    ByteSize row_memory() const override { return rows; }
    std::unique_ptr<RowStore> inner;
    ByteSize rows;
  };
  std::shared_ptr<StateBackend> backend_;
  ByteSize rows_;
};

/// Do the tests run with state in RocksDB this time? Few of its rows are in memory then.
inline bool on_rocksdb() {
  const char* const state = std::getenv("MILLRACE_TEST_STATE");
  return state && std::string(state) == "rocksdb";
}
#if MILLRACE_HAS_ROCKSDB
inline std::shared_ptr<StateBackend> rocksdb_in(const std::string& directory, ByteSize rows) {
  return std::make_shared<WithRowMemory>(
      rocksdb_state({.directory = directory, .memory = ByteSize{8 << 20}}), rows);
}
/// The backend of a rig's own; null for memory.
inline std::shared_ptr<StateBackend> backend_of_test() {
  static TemporaryDirectory directory;
  static int number = 0;
  if (!on_rocksdb()) return nullptr;
  return rocksdb_in(directory.path() + "/" + std::to_string(++number), {2000});
}
#else
inline std::shared_ptr<StateBackend> backend_of_test() { return nullptr; }
#endif

}  // namespace keyed
