// SPDX-License-Identifier: BSL-1.0
#include "millrace/sns/recorder.hpp"

#include "millrace/file/record_file.hpp"

namespace millrace::sns {

namespace {

std::string file_in(const std::string& directory) { return directory + "/notifications.jsonl"; }

}  // namespace

class Recorder::Impl {
 public:
  explicit Impl(const std::string& directory) : file(file_in(directory)) {}

  void add(const Notification& notification, Logger& logger) {
    if (Result<void> valid = validate(notification); !valid) {
      ++rejected;
      logger.log(LogLevel::error, valid.error().message());
      return;
    }
    Notification clean = notification;
    clean.subject = sanitise_subject(clean.subject);
    if (!file.add(clean)) ++duplicates;
  }

  file::RecordFile<Notification> file;
  std::uint64_t rejected = 0;
  std::uint64_t duplicates = 0;
};

Recorder::Recorder(const std::string& directory) : impl_(std::make_unique<Impl>(directory)) {}
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;
Recorder::~Recorder() = default;

Task<> Recorder::write(const Batch<Notification>& batch, Context& cx) {
  Result<void> done = co_await cx.blocking([&]() -> Result<void> {
    if (Result<void> opened = impl_->file.open(cx.env()); !opened) return opened;
    for (std::uint32_t i = 0; i < batch.size(); ++i) impl_->add(batch[i], cx.env().logger);
    return impl_->file.append();
  });
  done.value();
}

Task<> Recorder::flush(Context& cx) {
  Result<void> done = co_await cx.blocking([&]() -> Result<void> {
    Result<void> ready = impl_->file.open(cx.env());
    if (ready) ready = impl_->file.append();
    return ready ? impl_->file.sync() : std::move(ready);
  });
  done.value();
}

std::uint64_t Recorder::rejected() const { return impl_->rejected; }
std::uint64_t Recorder::duplicates() const { return impl_->duplicates; }

Result<std::vector<Notification>> read_notifications(Fs& fs, const std::string& directory) {
  return file::RecordFile<Notification>::read(fs, file_in(directory));
}

}  // namespace millrace::sns
