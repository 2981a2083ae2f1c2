// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <utility>

#include "millrace/core/file.hpp"

/// Thrown where the power goes.
struct PowerLoss {};

/// Counts the calls that change a disk and throws PowerLoss before the n-th; the disk's crash() is
/// the caller's. Every later call fails, as destructors may still run.
class CrashPoint {
 public:
  void set(std::uint64_t calls) { left_ = calls; }
  bool dead() const { return dead_; }
  void change() {
    if (dead_ || left_ == 0) return;
    if (--left_ == 0) {
      dead_ = true;
      throw PowerLoss{};
    }
  }

 private:
  std::uint64_t left_ = 0;  // 0: never
  bool dead_ = false;
};

class CrashingFile final : public millrace::File {
 public:
  CrashingFile(std::unique_ptr<File> file, CrashPoint& point)
      : file_(std::move(file)), point_(point) {}
  millrace::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    return file_->read_at(offset, out);
  }
  millrace::Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    return point_.change(), file_->write_at(offset, bytes);
  }
  millrace::Result<void> sync() override { return point_.change(), file_->sync(); }
  millrace::Result<std::uint64_t> size() override { return file_->size(); }
  millrace::Result<void> truncate(std::uint64_t size) override {
    return point_.change(), file_->truncate(size);
  }
  millrace::Result<void> allocate(std::uint64_t size) override { return file_->allocate(size); }
  millrace::Result<void> lock() override { return file_->lock(); }
  millrace::Result<bool> try_lock() override { return file_->try_lock(); }
  void unlock() override { file_->unlock(); }
  millrace::Result<void> close() override { return file_->close(); }

 private:
  std::unique_ptr<File> file_;
  CrashPoint& point_;
};

class CrashingFs final : public millrace::Fs {
 public:
  CrashingFs(Fs& fs, CrashPoint& point) : fs_(fs), point_(point) {}
  millrace::Result<std::unique_ptr<millrace::File>> open(const std::string& path,
                                                         millrace::OpenMode mode) override {
    if (mode != millrace::OpenMode::read) point_.change();
    if (point_.dead()) return gone();
    auto file = fs_.open(path, mode);
    if (!file) return file.take_error();
    return std::unique_ptr<millrace::File>(new CrashingFile(std::move(*file), point_));
  }
  millrace::Result<std::optional<millrace::FileInfo>> info(const std::string& path) override {
    return fs_.info(path);
  }
  millrace::Result<std::vector<std::string>> list(const std::string& directory) override {
    return fs_.list(directory);
  }
  millrace::Result<void> make_directories(const std::string& path) override {
    return change([&] { return fs_.make_directories(path); });
  }
  millrace::Result<void> rename(const std::string& from, const std::string& to) override {
    return change([&] { return fs_.rename(from, to); });
  }
  millrace::Result<void> rename_new(const std::string& from, const std::string& to) override {
    return change([&] { return fs_.rename_new(from, to); });
  }
  millrace::Result<void> remove(const std::string& path) override {
    return change([&] { return fs_.remove(path); });
  }
  millrace::Result<void> sync_directory(const std::string& directory) override {
    return change([&] { return fs_.sync_directory(directory); });
  }

 private:
  static millrace::Error gone() { return {millrace::Errc::io, "the power is gone"}; }
  template <class F>
  millrace::Result<void> change(F f) {
    point_.change();
    if (point_.dead()) return gone();
    return f();
  }
  Fs& fs_;
  CrashPoint& point_;
};
