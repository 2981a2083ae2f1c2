// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

/// An open file. Calls block; coroutines reach them by Context::blocking().
/// Errors of every call: io, out_of_space; the message names call, path and the system's reason.
/// Threads: one at a time. Short writes and EINTR are handled inside: a call does all of it or
/// fails.
class File {
 public:
  virtual ~File() = default;
  /// Reads up to out.size() bytes at `offset`; fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) = 0;
  /// Writes all of `bytes` at `offset`. After an error any part of them may be there.
  virtual Result<void> write_at(std::uint64_t offset, std::string_view bytes) = 0;
  /// Makes contents and size survive power loss (fdatasync). A failed sync poisons the file: the
  /// system may have dropped the pages, so every later write_at, sync and truncate fails too.
  virtual Result<void> sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  /// Reserves room up to `size` without changing what a reader sees but zeros past the end.
  virtual Result<void> allocate(std::uint64_t size) = 0;
  /// An advisory lock on the whole file, between processes and between Files of one process; waits
  /// for it. Held only within one synchronous section.
  virtual Result<void> lock() = 0;
  /// The same without waiting: false when another holds it. May be held for the life of the File.
  virtual Result<bool> try_lock() = 0;
  virtual void unlock() = 0;
  /// Closes and reports what close reports; the destructor closes in silence.
  virtual Result<void> close() = 0;
};

enum class OpenMode : unsigned char {
  read,        ///< not_found when it is not there
  read_write,  ///< not_found when it is not there
  create,      ///< read and write; made when it is not there
  create_new,  ///< read and write; already_exists when it is there
};

struct FileInfo {
  std::uint64_t size = 0;
  Timestamp modified{};
  bool is_directory = false;
};

/// The file system below one process. Paths use '/' and are taken as they are.
/// Files are made 0600, directories 0700. Symbolic links in the last component are refused by
/// open(). A new or renamed name survives power loss only after sync_directory() of its parent.
class Fs {
 public:
  virtual ~Fs() = default;
  /// Errors: not_found, already_exists, io, out_of_space.
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  /// Nothing when there is no such name. Errors: io.
  virtual Result<std::optional<FileInfo>> info(const std::string& path) = 0;
  /// Names in a directory, sorted, without "." and "..". Errors: not_found, io.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  /// Makes the directory and its parents; no error when it is there. Parents' names are synced.
  virtual Result<void> make_directories(const std::string& path) = 0;
  /// Atomically gives `from` the name `to`, replacing what is there. Errors: not_found, io.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  /// The same, but already_exists when `to` is there.
  virtual Result<void> rename_new(const std::string& from, const std::string& to) = 0;
  /// Removes a file or an empty directory. Errors: not_found, io.
  virtual Result<void> remove(const std::string& path) = 0;
  /// Makes the names in `directory` survive power loss. Errors: io.
  virtual Result<void> sync_directory(const std::string& directory) = 0;
};

}  // namespace millrace
