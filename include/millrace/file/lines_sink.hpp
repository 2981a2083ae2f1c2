// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "millrace/core/guarantee.hpp"
#include "millrace/core/message.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/file/append_file.hpp"
#include "millrace/file/spool.hpp"

namespace millrace::file {

/// Appends each message and a line break to a text file, which it makes when it is not there.
/// At-least-once: after flush() every line written survives power loss; until then lines wait in
/// memory for others, up to 64 KiB or a tenth of a second without new ones. Exactly-once: they wait
/// in a spool beside the file, in `.spool`, and a checkpoint's are appended once it is decided.
/// The file is this sink's alone while it runs; see AppendFile for what opening it does. A message
/// that holds a line break becomes more than one line.
/// Errors: Failure of the file's and of the spool's; corrupted when the file has become shorter.
/// Cost: exactly-once writes each line twice.
class MILLRACE_EXPORT LinesSink {
 public:
  explicit LinesSink(std::string path, Guarantee guarantee = Guarantee::at_least_once);

  Task<> write(const Batch<Message>& batch, Context& cx);
  /// Under exactly_once nothing: what was written waits for its checkpoint.
  Task<> flush(Context& cx);
  /// Writes the lines that wait for others, so that whoever follows the file sees them soon.
  Task<> tick(Context& cx);

  bool two_phase() const { return spool_.has_value(); }
  Task<Committable> prepare(CheckpointId id, Context& cx);
  Task<> commit(const Committable& committable, Context& cx);
  Task<> abort(Context& cx);

 private:
  /// Lines on the disk that are not in the file yet.
  struct Spooled {
    SpoolDirectory directory;
    Spool lines = {};
    std::uint64_t bytes = 0;   // of the lines
    std::uint64_t offset = 0;  // where they go
  };
  Result<void> open(Env& env);
  Task<> append(Context& cx);
  Result<void> spill(const Batch<Message>& batch);
  Result<Committable> spooled();
  Result<void> publish(const SpoolMark& mark, std::uint64_t offset, std::uint64_t bytes);

  std::string path_;
  std::optional<AppendFile> file_;
  std::optional<Spooled> spool_;  // when it is two-phase
  std::string block_;             // lines that wait to be written
};

static_assert(SinkOf<LinesSink, Message> && FlushableSink<LinesSink> && TwoPhaseSink<LinesSink>);

}  // namespace millrace::file
