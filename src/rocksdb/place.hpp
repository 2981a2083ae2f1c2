// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <rocksdb/env.h>
#include <rocksdb/status.h>

#include <memory>
#include <string>

namespace millrace::detail {

/// Throws what a RocksDB call at `place` has failed with; does nothing when it has not.
/// Errors: Failure (io, out_of_space, corrupted).
void check(const rocksdb::Status& status, const std::string& step, const std::string& place);

/// The directory of a backend while it has open stores: locked, and emptied of old ones.
class ScratchDirectory {
 public:
  /// Errors: Failure (conflict when it is in use, io), with the step that was to be opened.
  ScratchDirectory(std::string path, const std::string& step);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  /// Of a store for one subtask of a step.
  std::string place_of(const std::string& name) const;

 private:
  void lock(const std::string& step);
  void remove_old(const std::string& step);

  const std::string path_;
  rocksdb::Env& env_;
  rocksdb::FileLock* lock_ = nullptr;
};

}  // namespace millrace::detail
