// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/lines_sink.hpp"

namespace millrace::file {

Result<void> LinesSink::open(Env& env) {
  if (file_) return {};
  Result<AppendFile> file = AppendFile::open(env, path_);
  if (!file) return file.take_error();
  file_ = std::move(*file);
  return {};
}

Task<> LinesSink::write(const Batch<Message>& batch, Context& cx) {
  block_.clear();
  for (std::uint32_t i = 0; i < batch.size(); ++i)
    block_.append(batch[i].data.view()).push_back('\n');
  Result<void> done = co_await cx.blocking([&]() -> Result<void> {
    if (Result<void> opened = open(cx.env()); !opened) return opened;
    return file_->append(block_);
  });
  done.value();
}

Task<> LinesSink::flush(Context& cx) {
  Result<void> done = co_await cx.blocking([&]() -> Result<void> {
    if (Result<void> opened = open(cx.env()); !opened) return opened;
    return file_->sync();
  });
  done.value();
}

}  // namespace millrace::file
