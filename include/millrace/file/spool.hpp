// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/file/packed.hpp"

namespace millrace::file {

/// What a checkpoint keeps of a spool: which file, how much of it, and the CRC-32C of that.
struct SpoolMark {
  std::string name = {};  ///< in the spools' directory; empty when no record was written
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  bool operator==(const SpoolMark&) const = default;

  MILLRACE_EXPORT void pack(Packer& to) const;
  MILLRACE_EXPORT static SpoolMark unpack(Unpacker& from);
};

/// Where one sink keeps its spools: `<directory>/<owner>.<16 hex digits>.spool`.
/// Threads: one at a time. Calls block: coroutines use cx.blocking(). Lifetime: the Env outlives
/// it.
class MILLRACE_EXPORT SpoolDirectory {
 public:
  /// `owner` tells the sink's files from others' in the directory; any bytes.
  SpoolDirectory(std::string directory, const std::string& owner);

  /// Makes the directory and locks the owner's name; the second time nothing.
  /// Errors: conflict when somebody else has it open; io, out_of_space.
  Result<void> open(Env& env);
  /// The names of new spools survive power loss. Errors: io.
  Result<void> sync();
  /// Removes spools; those that are gone are no error. Errors: io.
  Result<void> remove(const std::vector<SpoolMark>& spools);
  /// Removes the owner's spools that are not among `kept`, and looks whether those are there.
  /// Errors: not_found, corrupted (too short), with the file; io.
  Result<void> keep_only(const std::vector<SpoolMark>& kept);

  std::string path_of(const SpoolMark& spool) const { return directory_ + '/' + spool.name; }
  const std::string& path() const { return directory_; }

 private:
  friend class Spool;
  friend class SpoolReader;
  Result<std::unique_ptr<File>> make(std::string& name);
  Result<std::unique_ptr<File>> open_marked(const SpoolMark& mark, OpenMode mode) const;

  std::string directory_;
  std::string prefix_;  // of the owner's names
  Env* env_ = nullptr;
  std::unique_ptr<File> lock_;
  bool new_names_ = false;
};

/// A file of records that grows, and that a checkpoint can hold as it is: what is not yet decided
/// lies in it. Behind its last mark it is written anew after a restart.
/// Format: per record u32 size (little-endian), then its bytes.
/// Threads: one at a time. Cost: append() copies; write() and sync() block.
class MILLRACE_EXPORT Spool {
 public:
  Spool() = default;
  /// Goes on behind a mark; the file is opened with the first write().
  explicit Spool(SpoolMark mark) : mark_(std::move(mark)) {}

  /// Adds a record that is these parts one after the other. Contract: below 4 GiB.
  void append(std::initializer_list<std::string_view> parts);
  /// Bytes that are only in memory.
  std::size_t pending() const { return tail_.size(); }
  bool empty() const { return mark_.size == 0 && tail_.empty(); }

  /// Writes what is only in memory; after an error it is written by the next call. The first call
  /// makes the file. Errors: io, out_of_space; not_found, corrupted when it is gone or was cut.
  Result<void> write(SpoolDirectory& directory);
  /// The same, and what is written survives power loss, the file's name after
  /// SpoolDirectory::sync(). Errors: as write(); the file can't be written any more after an io.
  Result<void> sync(SpoolDirectory& directory);
  /// Lets the file go; a later write() opens it again.
  Result<void> close();

  /// What is written: durable when sync() came last.
  const SpoolMark& mark() const { return mark_; }

 private:
  Result<void> open(SpoolDirectory& directory);

  std::string tail_;
  SpoolMark mark_;
  std::unique_ptr<File> file_;
  bool unsynced_ = false;
};

/// Reads what a mark says of a spool, record by record.
/// Errors: not_found, corrupted, io, with the file. Threads: one at a time. Calls block.
class MILLRACE_EXPORT SpoolReader {
 public:
  static Result<SpoolReader> open(const SpoolDirectory& directory, const SpoolMark& mark);
  /// The next record, until the next call; false at the end, once the CRC was found right: only
  /// then are the records before good.
  Result<bool> next(std::string_view& record);

 private:
  SpoolReader(std::string path, const SpoolMark& mark, std::unique_ptr<File> file)
      : path_(std::move(path)), mark_(mark), file_(std::move(file)) {}
  Result<void> fill(std::size_t wanted);
  Error damaged(const std::string& how) const;

  std::string path_;
  SpoolMark mark_;
  std::unique_ptr<File> file_;
  std::string block_;
  std::size_t begin_ = 0;      // of what is left of the block
  std::uint64_t read_to_ = 0;  // where the block ends in the file
  std::uint32_t crc_ = 0;      // up to there
};

}  // namespace millrace::file
