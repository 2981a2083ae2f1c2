// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <cstdint>
#include <memory>

namespace millrace::detail {

/// What all stores of one backend share.
struct RocksdbResources {
  /// `bytes`: of blocks, indexes, filters and write buffers together.
  explicit RocksdbResources(std::uint64_t bytes);
  std::unique_ptr<rocksdb::Env> files;
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::uint64_t bytes;
};

/// For rows that are read and written at random by their whole keys, and lost with the process.
rocksdb::Options rocksdb_settings(const RocksdbResources& shared);

}  // namespace millrace::detail
