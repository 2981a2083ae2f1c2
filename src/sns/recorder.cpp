// SPDX-License-Identifier: BSL-1.0
#include "millrace/sns/recorder.hpp"

#include "millrace/file/recording.hpp"

namespace millrace::sns {

namespace {

std::string file_in(const std::string& directory) { return directory + "/notifications.jsonl"; }

}  // namespace

class Recorder::Impl {
 public:
  explicit Impl(const std::string& directory) : recording(file_in(directory)) {}

  void take(const Notification& notification, Logger& logger) {
    if (Result<void> valid = validate(notification); !valid)
      return recording.refuse(valid.error(), LogLevel::error, logger);
    Notification clean = notification;
    clean.subject = sanitise_subject(clean.subject);
    recording.add(clean);
  }

  file::Recording<Notification> recording;
};

Recorder::Recorder(const std::string& directory) : impl_(std::make_unique<Impl>(directory)) {}
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;
Recorder::~Recorder() = default;

Task<> Recorder::write(const Batch<Notification>& batch, Context& cx) {
  return impl_->recording.write(
      batch, cx,
      [impl = impl_.get()](const Notification& n, Logger& logger) { impl->take(n, logger); });
}
Task<> Recorder::flush(Context& cx) { return impl_->recording.flush(cx); }

std::uint64_t Recorder::rejected() const { return impl_->recording.rejected(); }
std::uint64_t Recorder::duplicates() const { return impl_->recording.duplicates(); }

Result<std::vector<Notification>> read_notifications(Fs& fs, const std::string& directory) {
  return file::RecordFile<Notification>::read(fs, file_in(directory));
}

}  // namespace millrace::sns
