// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/core/sink.hpp"
#include "millrace/sns/notification.hpp"

namespace millrace::sns {

/// Takes notifications as SNS would, and keeps them in a file: the embedded twin of Publish.
///
/// `<directory>/notifications.jsonl` gets a line a notification, its subject sanitised.
/// At-least-once: after flush() every notification written survives power loss; one whose id is in
/// the file already is not written again. One that SNS would refuse is counted, and the reason
/// logged as an error: sent again it would be refused again.
/// Errors: Failure of the file; corrupted when it holds another kind of line.
/// Cost: keeps the ids that it has seen in memory.
class MILLRACE_EXPORT Recorder {
 public:
  explicit Recorder(const std::string& directory);
  Recorder(Recorder&&) noexcept;
  Recorder& operator=(Recorder&&) noexcept;
  ~Recorder();

  Task<> write(const Batch<Notification>& batch, Context& cx);
  Task<> flush(Context& cx);

  /// Notifications that validate() refused.
  std::uint64_t rejected() const;
  /// Notifications not written for their id being there.
  std::uint64_t duplicates() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

static_assert(SinkOf<Recorder, Notification> && FlushableSink<Recorder>);

/// Everything that a recorder has written to `directory`, in order; a last line that is not whole
/// is left out. Nothing when there is no file yet.
/// Errors: io; corrupted, with file and line.
MILLRACE_EXPORT Result<std::vector<Notification>> read_notifications(Fs& fs,
                                                                     const std::string& directory);

}  // namespace millrace::sns
