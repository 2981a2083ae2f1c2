// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <rocksdb/options.h>

#include <cstdint>
#include <memory>

namespace millrace::detail {

/// What all stores of one backend share of memory.
struct RocksdbMemory {
  /// `bytes`: of blocks, indexes, filters and write buffers together.
  explicit RocksdbMemory(std::uint64_t bytes);
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::uint64_t bytes;
};

/// For rows that are read and written at random by their whole keys, and lost with the process.
rocksdb::Options rocksdb_settings(const RocksdbMemory& memory);

}  // namespace millrace::detail
