// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/lines_sink.hpp"

#include <utility>

#include "millrace/file/packed.hpp"

namespace millrace::file {
namespace {

constexpr std::string_view format = "lines 1";
constexpr std::size_t block_size = 1 << 20;
constexpr std::size_t waiting_size = 1 << 16;

struct Place {
  std::string directory;
  std::string name;
};

Place place_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".spool", path};
  return {path.substr(0, slash + 1) + ".spool", path.substr(slash + 1)};
}

}  // namespace

LinesSink::LinesSink(std::string path, Guarantee guarantee) : path_(std::move(path)) {
  const Place place = place_of(path_);
  if (guarantee == Guarantee::exactly_once)
    spool_.emplace(Spooled{.directory = SpoolDirectory(place.directory, place.name)});
}

Result<void> LinesSink::open(Env& env) {
  if (spool_)
    if (Result<void> opened = spool_->directory.open(env); !opened) return opened;
  if (file_) return {};
  Result<AppendFile> file = AppendFile::open(env, path_);
  if (!file) return file.take_error();
  file_ = std::move(*file);
  return {};
}

Task<> LinesSink::write(const Batch<Message>& batch, Context& cx) {
  if (!spool_) {
    for (std::uint32_t i = 0; i < batch.size(); ++i)
      block_.append(batch[i].data.view()).push_back('\n');
    if (block_.size() >= waiting_size) co_await append(cx);
    co_return;
  }
  Result<void> done = co_await cx.blocking([&]() -> Result<void> {
    if (Result<void> opened = open(cx.env()); !opened) return opened;
    return spill(batch);
  });
  done.value();
}

/// A trip to where it may block costs as much as a hundred lines, so lines wait for others.
Task<> LinesSink::append(Context& cx) {
  Result<void> done = co_await cx.blocking([&]() -> Result<void> {
    if (Result<void> opened = open(cx.env()); !opened) return opened;
    return file_->append(block_);
  });
  done.value();
  block_.clear();
}

Task<> LinesSink::tick(Context& cx) {
  if (!spool_ && !block_.empty()) co_await append(cx);
}

Result<void> LinesSink::spill(const Batch<Message>& batch) {
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    spool_->lines.append({batch[i].data.view(), "\n"});
    spool_->bytes += batch[i].data.size() + 1;
  }
  if (spool_->lines.pending() < block_size) return {};
  return spool_->lines.write(spool_->directory);
}

Task<> LinesSink::flush(Context& cx) {
  if (spool_) co_return;
  if (!block_.empty()) co_await append(cx);
  Result<void> done = co_await cx.blocking([&]() -> Result<void> {
    if (Result<void> opened = open(cx.env()); !opened) return opened;
    return file_->sync();
  });
  done.value();
}

Task<Committable> LinesSink::prepare(CheckpointId, Context& cx) {
  co_return co_await cx.blocking([&]() -> Committable {
    open(cx.env()).value();
    return spooled().value();
  });
}

Result<Committable> LinesSink::spooled() {
  Committable committable;
  if (spool_->lines.empty()) return committable;
  Result<void> done = spool_->lines.sync(spool_->directory);
  if (done) done = spool_->directory.sync();
  if (done) done = spool_->lines.close();
  if (!done) return done.take_error();
  Packer packer(committable.bytes);
  packer.text(format).number(spool_->offset).number(spool_->bytes);
  spool_->lines.mark().pack(packer);
  spool_->offset += std::exchange(spool_->bytes, 0);
  spool_->lines = {};
  return committable;
}

Task<> LinesSink::commit(const Committable& committable, Context& cx) {
  if (committable.bytes.empty()) co_return;
  Result<void> done = co_await cx.blocking([&]() -> Result<void> {
    if (Result<void> opened = open(cx.env()); !opened) return opened;
    Unpacker from(committable.bytes);
    const bool known = from.text() == format;
    const std::uint64_t offset = from.number();
    const std::uint64_t bytes = from.number();
    const SpoolMark mark = SpoolMark::unpack(from);
    if (!known || !from.done())
      return Error(Errc::invalid_input,
                   "lines sink: the committable is not one of this sink's; was the step's sink "
                   "changed since the checkpoint?");
    return publish(mark, offset, bytes);
  });
  done.value();
}

/// A commit that comes again writes the same bytes to the same place, or finds its spool gone and
/// the lines there.
Result<void> LinesSink::publish(const SpoolMark& mark, std::uint64_t offset, std::uint64_t bytes) {
  for (const bool good : {false, true}) {  // what is damaged is not shown
    Result<SpoolReader> reader = SpoolReader::open(spool_->directory, mark);
    if (!reader) {
      const bool done = reader.error().code() == Errc::not_found && file_->size() >= offset + bytes;
      return done ? Result<void>() : reader.take_error();
    }
    std::string_view line;
    block_.clear();
    for (bool more = true; more;) {
      Result<bool> next = reader->next(line);
      if (!next) return next.take_error();
      more = *next;
      if (!good) continue;
      if (more) block_.append(line);
      if (more && block_.size() < block_size) continue;
      if (Result<void> written = file_->write_again(offset, block_); !written) return written;
      offset += block_.size();
      block_.clear();
    }
  }
  if (Result<void> synced = file_->sync(); !synced) return synced;
  return spool_->directory.remove({mark});
}

Task<> LinesSink::abort(Context& cx) {
  Result<void> done = co_await cx.blocking([&]() -> Result<void> {
    if (Result<void> opened = open(cx.env()); !opened) return opened;
    spool_->lines = {};
    spool_->bytes = 0;
    spool_->offset = file_->size();
    return spool_->directory.keep_only({});
  });
  done.value();
}

}  // namespace millrace::file
