// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "millrace/core/file.hpp"

/// When a process dies, by the calls with which it changes the disk. From then on each of its calls
/// fails and does nothing, so that what it does while it is taken down changes nothing either.
struct Death {
  std::uint64_t after = ~std::uint64_t{0};  ///< so many changes are done
  std::uint64_t changes = 0;
  /// A planted bug: files whose path has this in it are never synced.
  std::string unsynced = {};

  bool may_come() const { return after != ~std::uint64_t{0}; }
  bool dead() const { return changes > after; }
  bool dies() { return ++changes > after; }
  bool skips(const std::string& path) const {
    return !unsynced.empty() && path.find(unsynced) != std::string::npos;
  }
  static millrace::Error error() { return {millrace::Errc::io, "the process is dead"}; }
};

class DyingFile final : public millrace::File {
 public:
  template <class T>
  using Result = millrace::Result<T>;

  DyingFile(std::unique_ptr<File> file, std::string path, Death& death)
      : file_(std::move(file)), path_(std::move(path)), death_(death) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    if (death_.dead()) return Death::error();
    return file_->read_at(offset, out);
  }
  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    return change([&] { return file_->write_at(offset, bytes); });
  }
  Result<void> sync() override {
    if (death_.skips(path_)) return {};
    return change([&] { return file_->sync(); });
  }
  Result<std::uint64_t> size() override {
    if (death_.dead()) return Death::error();
    return file_->size();
  }
  Result<void> truncate(std::uint64_t size) override {
    return change([&] { return file_->truncate(size); });
  }
  Result<void> allocate(std::uint64_t size) override {
    return change([&] { return file_->allocate(size); });
  }
  Result<void> lock() override { return file_->lock(); }
  Result<bool> try_lock() override { return file_->try_lock(); }
  void unlock() override { file_->unlock(); }
  Result<void> close() override { return file_->close(); }

 private:
  template <class F>
  Result<void> change(F f) {
    if (death_.dies()) return Death::error();
    return f();
  }
  std::unique_ptr<File> file_;
  std::string path_;
  Death& death_;
};

class DyingFs final : public millrace::Fs {
 public:
  template <class T>
  using Result = millrace::Result<T>;

  DyingFs(Fs& fs, Death& death) : fs_(fs), death_(death) {}
  Result<std::unique_ptr<millrace::File>> open(const std::string& path,
                                               millrace::OpenMode mode) override {
    if (mode == millrace::OpenMode::read ? death_.dead() : death_.dies()) return Death::error();
    auto file = fs_.open(path, mode);
    if (!file) return file.take_error();
    return std::unique_ptr<millrace::File>(new DyingFile(std::move(*file), path, death_));
  }
  Result<std::optional<millrace::FileInfo>> info(const std::string& path) override {
    if (death_.dead()) return Death::error();
    return fs_.info(path);
  }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    if (death_.dead()) return Death::error();
    return fs_.list(directory);
  }
  Result<void> make_directories(const std::string& path) override {
    return change([&] { return fs_.make_directories(path); });
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return change([&] { return fs_.rename(from, to); });
  }
  Result<void> rename_new(const std::string& from, const std::string& to) override {
    return change([&] { return fs_.rename_new(from, to); });
  }
  Result<void> remove(const std::string& path) override {
    return change([&] { return fs_.remove(path); });
  }
  Result<void> sync_directory(const std::string& directory) override {
    return change([&] { return fs_.sync_directory(directory); });
  }

 private:
  template <class F>
  Result<void> change(F f) {
    if (death_.dies()) return Death::error();
    return f();
  }
  Fs& fs_;
  Death& death_;
};
