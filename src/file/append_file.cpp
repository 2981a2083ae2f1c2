// SPDX-License-Identifier: BSL-1.0
#include "millrace/file/append_file.hpp"

#include <algorithm>

namespace millrace::file {
namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<AppendFile> AppendFile::open(Env& env, std::string path) {
  const std::string directory = directory_of(path);
  if (Result<void> made = env.fs.make_directories(directory); !made) return made.take_error();
  Result<std::unique_ptr<File>> opened = env.fs.open(path, OpenMode::create);
  if (!opened) return opened.take_error();
  AppendFile file(std::move(path), std::move(*opened));
  Result<bool> mine = file.file_->try_lock();
  if (!mine) return mine.take_error();
  if (!*mine)
    return Error(Errc::conflict, file.path_ +
                                     ": somebody else has it open to append; two writers "
                                     "would mix their lines");
  if (Result<void> cut = file.cut_torn_line(env); !cut) return cut.take_error();
  if (Result<void> named = env.fs.sync_directory(directory); !named) return named.take_error();
  return file;
}

Result<void> AppendFile::cut_torn_line(Env& env) {
  Result<std::uint64_t> size = file_->size();
  if (!size) return size.take_error();
  std::string block(std::size_t{1} << 16, '\0');
  end_ = *size;
  while (end_ > 0) {
    const std::uint64_t begin = end_ - std::min<std::uint64_t>(end_, block.size());
    Result<std::size_t> got =
        file_->read_at(begin, {block.data(), static_cast<std::size_t>(end_ - begin)});
    if (!got) return got.take_error();
    const std::size_t last = std::string_view(block.data(), *got).rfind('\n');
    end_ = last == std::string_view::npos ? begin : begin + last + 1;
    if (last != std::string_view::npos) break;
  }
  if (end_ == *size) return {};
  env.logger.log(LogLevel::warning, path_ + ": cut " + std::to_string(*size - end_) +
                                        " bytes of a last line that was never finished, at byte " +
                                        std::to_string(end_));
  return file_->truncate(end_);
}

Result<void> AppendFile::append(std::string_view lines) {
  Result<void> written = file_->write_at(end_, lines);
  if (written) {
    end_ += lines.size();
    return written;
  }
  // Part of it may be there; if it can't be taken back, nothing may follow it.
  if (!file_->truncate(end_)) (void)file_->close();
  return written;
}

Result<void> AppendFile::write_again(std::uint64_t offset, std::string_view lines) {
  if (offset > end_)
    return Error(Errc::corrupted, path_ + ": it has " + std::to_string(end_) +
                                      " bytes, and lines up to byte " + std::to_string(offset) +
                                      " were written; bring it back from a copy");
  Result<void> written = file_->write_at(offset, lines);
  if (written) end_ = std::max(end_, offset + lines.size());
  return written;
}

Result<void> AppendFile::sync() { return file_->sync(); }

Result<std::string> AppendFile::read() {
  std::string bytes(static_cast<std::size_t>(end_), '\0');
  Result<std::size_t> got = file_->read_at(0, bytes);
  if (!got) return got.take_error();
  bytes.resize(*got);
  return bytes;
}

}  // namespace millrace::file
