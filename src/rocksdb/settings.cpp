// SPDX-License-Identifier: BSL-1.0
#include "rocksdb/settings.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

#include "rocksdb/scratch_files.hpp"

namespace millrace::detail {

RocksdbResources::RocksdbResources(std::uint64_t size) : files(scratch_files()), bytes(size) {
  cache = rocksdb::NewLRUCache(bytes);
  // Write buffers are charged to the cache, so that both together stay within it.
  write_buffers = std::make_shared<rocksdb::WriteBufferManager>(bytes / 2, cache);
}

rocksdb::Options rocksdb_settings(const RocksdbResources& shared) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = shared.cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;

  rocksdb::Options options;
  options.env = shared.files.get();
  options.create_if_missing = true;
  options.error_if_exists = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_manager = shared.write_buffers;
  options.write_buffer_size =
      std::clamp<std::uint64_t>(shared.bytes / 8, std::uint64_t{1} << 20, std::uint64_t{64} << 20);
  options.target_file_size_base = options.write_buffer_size;
  options.max_bytes_for_level_base = 4 * options.write_buffer_size;
  options.level_compaction_dynamic_level_bytes = true;
  options.max_background_jobs = 2;
  options.compression = rocksdb::kNoCompression;
  options.avoid_flush_during_shutdown = true;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 1;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

}  // namespace millrace::detail
