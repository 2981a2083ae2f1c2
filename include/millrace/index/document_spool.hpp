// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/file/spool.hpp"
#include "millrace/index/once.hpp"

namespace millrace::index {

/// The documents of one checkpoint that are not in the index yet.
struct PreparedDocuments {
  CheckpointId checkpoint = 0;
  file::SpoolMark spool;

  /// As bytes for a Committable, and back. Errors: invalid_input for bytes of another sink.
  MILLRACE_EXPORT std::string encode() const;
  MILLRACE_EXPORT static Result<PreparedDocuments> decode(std::string_view bytes);
};

/// An exactly-once sink's documents on the disk, until their checkpoint is decided.
/// Errors: those of file::Spool. Threads: one at a time. All calls but add() block.
class MILLRACE_EXPORT DocumentSpool {
 public:
  DocumentSpool(std::string directory, const std::string& owner) : directory_(directory, owner) {}

  Result<void> open(Env& env) { return directory_.open(env); }
  void add(const Action& action);
  std::size_t pending() const { return spool_.pending(); }
  Result<void> write() { return spool_.write(directory_); }
  /// Makes what was added durable and begins anew.
  Result<PreparedDocuments> prepare(CheckpointId id);
  /// The documents that were refused, as they came; none when the spool is gone, which is so once
  /// they were handed out before.
  /// Errors: Failure.
  std::vector<std::string> documents(const PreparedDocuments& prepared,
                                     const std::vector<Refusal>& refused) const;
  Result<void> remove(const PreparedDocuments& done) { return directory_.remove({done.spool}); }
  /// Drops what was added, and every spool that is left.
  Result<void> abort();
  const file::SpoolDirectory& directory() const { return directory_; }

 private:
  file::SpoolDirectory directory_;
  file::Spool spool_;
};

/// Gives a spool's actions, one after the other. The file is opened by the first next().
class MILLRACE_EXPORT SpooledActions {
 public:
  SpooledActions(const DocumentSpool& spool, file::SpoolMark mark)
      : directory_(spool.directory()), mark_(std::move(mark)) {}
  /// As NextAction. Errors: those of file::SpoolReader.
  Result<bool> next(Action& action);

 private:
  const file::SpoolDirectory& directory_;
  file::SpoolMark mark_;
  std::optional<file::SpoolReader> reader_;
};

}  // namespace millrace::index
