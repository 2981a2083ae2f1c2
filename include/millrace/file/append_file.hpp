// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::file {

/// A text file that grows by whole lines and belongs to one writer.
///
/// Opening it cuts a last line without its line break: a writer died in the middle of it, so nobody
/// was told that it is there. What is cut is reported to the Env's logger.
/// Threads: one at a time. Calls block: coroutines use cx.blocking().
class MILLRACE_EXPORT AppendFile {
 public:
  /// Opens or makes the file; its directory is made, too.
  /// Errors: conflict when another one has it open; io, out_of_space.
  static Result<AppendFile> open(Env& env, std::string path);

  /// Appends `lines`, each with its line break. After an error the file ends as it did before, or
  /// every later call fails. Errors: io, out_of_space.
  Result<void> append(std::string_view lines);
  /// Writes `lines` behind the first `offset` bytes, over what is there: the same, which an earlier
  /// try has left whole or in part. Errors: corrupted when the file is shorter; io, out_of_space.
  Result<void> write_again(std::uint64_t offset, std::string_view lines);
  /// What was appended survives power loss. Errors: io; the file is unusable then.
  Result<void> sync();
  /// All that is in the file. Errors: io.
  Result<std::string> read();

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return end_; }

 private:
  AppendFile(std::string path, std::unique_ptr<File> file)
      : path_(std::move(path)), file_(std::move(file)) {}
  Result<void> cut_torn_line(Env& env);
  std::string path_;
  std::unique_ptr<File> file_;
  std::uint64_t end_ = 0;
};

}  // namespace millrace::file
