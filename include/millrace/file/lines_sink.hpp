// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <optional>
#include <string>

#include "millrace/core/message.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/file/append_file.hpp"

namespace millrace::file {

/// Appends each message and a line break to a text file, which it makes when it is not there.
/// At-least-once: after flush() every line written survives power loss.
/// The file is this sink's alone while it runs; see AppendFile for what opening it does. A message
/// that holds a line break becomes more than one line.
/// Errors: Failure of the file's.
class MILLRACE_EXPORT LinesSink {
 public:
  explicit LinesSink(std::string path) : path_(std::move(path)) {}

  Task<> write(const Batch<Message>& batch, Context& cx);
  Task<> flush(Context& cx);

 private:
  Result<void> open(Env& env);
  std::string path_;
  std::optional<AppendFile> file_;
  std::string block_;
};

static_assert(SinkOf<LinesSink, Message> && FlushableSink<LinesSink>);

}  // namespace millrace::file
