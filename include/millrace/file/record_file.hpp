// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "millrace/core/env.hpp"
#include "millrace/core/result.hpp"
#include "millrace/file/append_file.hpp"
#include "millrace/formats/json.hpp"

namespace millrace::file {

/// A file of JSON lines, one a Record, that keeps each id once. Record is described and has a
/// `std::string id`; an empty id is never a duplicate.
/// Threads: one at a time. Calls block. Cost: the ids seen are in memory.
template <Described Record>
class RecordFile {
 public:
  explicit RecordFile(std::string path) : path_(std::move(path)) {}

  /// Opens the file and reads its ids; the second time nothing.
  /// Errors: those of AppendFile; corrupted with file and line.
  Result<void> open(Env& env) {
    if (file_) return {};
    Result<AppendFile> file = AppendFile::open(env, path_);
    if (!file) return file.take_error();
    Result<std::string> bytes = file->read();
    if (!bytes) return bytes.take_error();
    Result<void> read = for_each(path_, *bytes, [&](Record& record) {
      if (!record.id.empty()) ids_.insert(std::move(record.id));
    });
    if (!read) return read;
    file_ = std::move(*file);
    return {};
  }

  /// Takes the record in for the next append(); false when its id is there already.
  bool add(const Record& record) {
    if (!record.id.empty() && !ids_.insert(record.id).second) return false;
    const json::Encoder encoder({.invalid_utf8 = json::InvalidUtf8::replace});
    encoder.encode(record, line_).value();
    lines_.append(line_.finish().view()).push_back('\n');
    return true;
  }
  /// Writes what was added. After an error it is written by the next call.
  Result<void> append() {
    if (lines_.empty()) return {};
    Result<void> appended = file_->append(lines_);
    if (appended) lines_.clear();
    return appended;
  }
  Result<void> sync() { return file_->sync(); }

  /// The whole lines of a file, in order; none when there is no file.
  static Result<std::vector<Record>> read(Fs& fs, const std::string& path) {
    std::vector<Record> records;
    Result<std::string> bytes = read_bytes(fs, path);
    if (!bytes) return bytes.take_error();
    bytes->resize(bytes->rfind('\n') + 1);
    Result<void> read =
        for_each(path, *bytes, [&](Record& record) { records.push_back(std::move(record)); });
    if (!read) return read.take_error();
    return records;
  }

 private:
  static Result<std::string> read_bytes(Fs& fs, const std::string& path) {
    Result<std::unique_ptr<File>> file = fs.open(path, OpenMode::read);
    if (!file && file.error().code() == Errc::not_found) return std::string();
    if (!file) return file.take_error();
    Result<std::uint64_t> size = (*file)->size();
    if (!size) return size.take_error();
    std::string bytes(static_cast<std::size_t>(*size), '\0');
    Result<std::size_t> got = (*file)->read_at(0, bytes);
    if (!got) return got.take_error();
    bytes.resize(*got);
    return bytes;
  }

  template <class Use>
  static Result<void> for_each(const std::string& path, std::string_view bytes, Use use) {
    ArenaPool arenas;
    TextWriter text(arenas);
    auto decoder = json::as<Record>();
    for (std::uint64_t number = 1; !bytes.empty(); ++number) {
      const std::size_t end = bytes.find('\n');
      Record record;
      Result<Decoded> decoded = decoder.decode(Text(bytes.substr(0, end)), record, text);
      if (!decoded)
        return Error(Errc::corrupted,
                     path + ":" + std::to_string(number) + ": " + decoded.error().message());
      use(record);
      bytes.remove_prefix(end + 1);
    }
    return {};
  }

  std::string path_;
  std::optional<AppendFile> file_;
  std::unordered_set<std::string> ids_;  // asked, never walked: its order reaches nobody
  ArenaPool arenas_;
  TextWriter line_{arenas_};
  std::string lines_;
};

}  // namespace millrace::file
