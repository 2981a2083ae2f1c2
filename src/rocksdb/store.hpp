// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "millrace/state/row_store.hpp"
#include "rocksdb/place.hpp"
#include "rocksdb/settings.hpp"

namespace millrace::detail {

/// One database, from its making to its removal.
class OpenRocksdb {
 public:
  /// Errors: Failure (conflict, io).
  OpenRocksdb(std::shared_ptr<ScratchDirectory> directory, std::string step, std::string place,
              std::shared_ptr<const RocksdbResources> shared);
  ~OpenRocksdb();
  OpenRocksdb(const OpenRocksdb&) = delete;
  OpenRocksdb& operator=(const OpenRocksdb&) = delete;

  rocksdb::DB& db() const { return *db_; }
  void check(const rocksdb::Status& status) const { detail::check(status, step_, place_); }
  /// Rows in order, as of `snapshot` or, when that is null, as they are.
  void scan(const rocksdb::Snapshot* snapshot, std::string_view from, std::string_view to,
            RowVisitor& visitor) const;

 private:
  const std::shared_ptr<const RocksdbResources> shared_;
  const std::shared_ptr<ScratchDirectory> directory_;
  const std::string step_;
  const std::string place_;
  std::unique_ptr<rocksdb::DB> db_;
};

std::unique_ptr<RowStore> rocksdb_store(std::shared_ptr<OpenRocksdb> open, ByteSize row_memory);

}  // namespace millrace::detail
