// SPDX-License-Identifier: BSL-1.0
#include "rocksdb/place.hpp"

#include <rocksdb/db.h>

#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/error.hpp"

namespace millrace::detail {
namespace {

constexpr std::string_view suffix = ".rocksdb";

Error error_of(const rocksdb::Status& status, const std::string& step, const std::string& place) {
  const bool full = status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit;
  const bool damaged = status.IsCorruption();
  return Error(full      ? Errc::out_of_space
               : damaged ? Errc::corrupted
                         : Errc::io,
               "step \"" + step + "\": its state in RocksDB at " + place + ": " +
                   status.ToString() +
                   (full      ? "; make room there, or give rocksdb_state() another directory"
                    : damaged ? "; start anew: the directory is filled from the checkpoint"
                              : "; see that the directory can be written to and read, or give "
                                "rocksdb_state() another"));
}

}  // namespace

void check(const rocksdb::Status& status, const std::string& step, const std::string& place) {
  if (!status.ok()) [[unlikely]]
    throw Failure(error_of(status, step, place));
}

ScratchDirectory::ScratchDirectory(std::string path, const std::string& step)
    : path_(std::move(path)), env_(*rocksdb::Env::Default()) {
  for (std::size_t at = path_.find('/', 1); at != std::string::npos; at = path_.find('/', at + 1))
    (void)env_.CreateDirIfMissing(path_.substr(0, at));  // what matters is the last one
  check(env_.CreateDirIfMissing(path_), step, path_);
  lock(step);
  try {
    remove_old(step);
  } catch (...) {
    (void)env_.UnlockFile(lock_);
    throw;
  }
}

ScratchDirectory::~ScratchDirectory() { (void)env_.UnlockFile(lock_); }

void ScratchDirectory::lock(const std::string& step) {
  const std::string file = path_ + "/LOCK";
  const rocksdb::Status locked = env_.LockFile(file, &lock_);
  if (locked.ok()) return;
  // It says why in its text alone: a lock that is held is EAGAIN or EACCES of fcntl, or its own.
  const std::string text = locked.ToString();
  if (text.find("lock ") == std::string::npos) check(locked, step, path_);
  throw Failure(
      Error(Errc::conflict, "step \"" + step + "\": its state's directory " + path_ +
                                " is in use by another pipeline (" + text +
                                "); stop that one, or give rocksdb_state() another directory"));
}

void ScratchDirectory::remove_old(const std::string& step) {
  std::vector<std::string> names;
  check(env_.GetChildren(path_, &names), step, path_);
  for (const std::string& name : names)
    if (name.ends_with(suffix))
      check(rocksdb::DestroyDB(path_ + '/' + name, {}), step, path_ + '/' + name);
}

std::string ScratchDirectory::place_of(const std::string& name) const {
  return path_ + '/' + name + std::string(suffix);
}

}  // namespace millrace::detail
