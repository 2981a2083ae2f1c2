// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "millrace/core/batch.hpp"
#include "millrace/core/context.hpp"
#include "millrace/file/record_file.hpp"

namespace millrace::file {

/// A service's embedded twin, but for what the service knows: batches go into a RecordFile, what
/// is not written is counted. A recorder keeps one and says what becomes of each record.
/// Threads: one call at a time.
template <Described Line>
class Recording {
 public:
  explicit Recording(std::string path) : file_(std::move(path)) {}

  /// Calls `take(record, logger)` for each record, where it may block; what that hands to add()
  /// is in the file then. Errors: Failure of the file. Lifetime: the batch lives that long.
  template <class T, class Take>
  Task<> write(const Batch<T>& batch, Context& cx, Take take) {
    Result<void> done = co_await cx.blocking([&]() -> Result<void> {
      if (Result<void> opened = file_.open(cx.env()); !opened) return opened;
      for (std::uint32_t i = 0; i < batch.size(); ++i) take(batch[i], cx.env().logger);
      return file_.append();
    });
    done.value();
  }
  /// What was written survives power loss. Errors: Failure of the file.
  Task<> flush(Context& cx) {
    Result<void> done = co_await cx.blocking([&]() -> Result<void> {
      Result<void> ready = file_.open(cx.env());
      if (ready) ready = file_.append();
      return ready ? file_.sync() : std::move(ready);
    });
    done.value();
  }

  /// Takes the line in; one whose id is there already is counted instead.
  void add(const Line& line) {
    if (!file_.add(line)) ++duplicates_;
  }
  /// Counts a record that the service would refuse, and logs why.
  void refuse(const Error& why, LogLevel level, Logger& logger) {
    ++rejected_;
    logger.log(level, why.message());
  }

  std::uint64_t rejected() const { return rejected_; }
  std::uint64_t duplicates() const { return duplicates_; }

 private:
  RecordFile<Line> file_;
  std::uint64_t rejected_ = 0;
  std::uint64_t duplicates_ = 0;
};

}  // namespace millrace::file
