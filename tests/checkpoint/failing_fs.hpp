// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <utility>

#include "millrace/core/file.hpp"

/// Which calls on a file system fail, by their number.
struct FailurePlan {
  enum class Kind : unsigned char { io, out_of_space, short_write };
  Kind kind = Kind::io;
  std::uint64_t at = 0;  ///< the n-th call from 1; 0: none
  bool sticky = false;   ///< every call after it that could fail, too
  std::uint64_t calls = 0;
  std::uint64_t hits = 0;

  /// Does this call fail? A full disk and a short write hit only calls that need room.
  bool hit(bool needs_room) {
    ++calls;
    const bool now =
        at != 0 && (sticky ? calls >= at : calls == at) && (kind == Kind::io || needs_room);
    hits += now;
    return now;
  }
  millrace::Error error() const {
    if (kind == Kind::out_of_space)
      return {millrace::Errc::out_of_space, "No space left on device (planned)"};
    return {millrace::Errc::io, "Input/output error (planned)"};
  }
};

class FailingFile final : public millrace::File {
 public:
  FailingFile(std::unique_ptr<File> file, FailurePlan& plan)
      : file_(std::move(file)), plan_(plan) {}
  millrace::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    if (plan_.hit(false)) return plan_.error();
    return file_->read_at(offset, out);
  }
  millrace::Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    if (!plan_.hit(true)) return file_->write_at(offset, bytes);
    if (plan_.kind == FailurePlan::Kind::short_write)
      (void)file_->write_at(offset, bytes.substr(0, bytes.size() / 2));
    return plan_.error();
  }
  /// Like the kernel's: what was not written is lost, and no later sync tells.
  millrace::Result<void> sync() override {
    if (plan_.hit(true)) return plan_.error();
    return file_->sync();
  }
  millrace::Result<std::uint64_t> size() override { return file_->size(); }
  millrace::Result<void> truncate(std::uint64_t size) override {
    if (plan_.hit(true)) return plan_.error();
    return file_->truncate(size);
  }
  millrace::Result<void> allocate(std::uint64_t size) override { return file_->allocate(size); }
  millrace::Result<void> lock() override { return file_->lock(); }
  millrace::Result<bool> try_lock() override {
    if (plan_.hit(false)) return plan_.error();
    return file_->try_lock();
  }
  void unlock() override { file_->unlock(); }
  millrace::Result<void> close() override {
    if (plan_.hit(true)) return plan_.error();
    return file_->close();
  }

 private:
  std::unique_ptr<File> file_;
  FailurePlan& plan_;
};

class FailingFs final : public millrace::Fs {
 public:
  FailingFs(Fs& fs, FailurePlan& plan) : fs_(fs), plan_(plan) {}
  millrace::Result<std::unique_ptr<millrace::File>> open(const std::string& path,
                                                         millrace::OpenMode mode) override {
    if (plan_.hit(mode == millrace::OpenMode::create || mode == millrace::OpenMode::create_new))
      return plan_.error();
    auto file = fs_.open(path, mode);
    if (!file) return file.take_error();
    return std::unique_ptr<millrace::File>(new FailingFile(std::move(*file), plan_));
  }
  millrace::Result<std::optional<millrace::FileInfo>> info(const std::string& path) override {
    if (plan_.hit(false)) return plan_.error();
    return fs_.info(path);
  }
  millrace::Result<std::vector<std::string>> list(const std::string& directory) override {
    if (plan_.hit(false)) return plan_.error();
    return fs_.list(directory);
  }
  millrace::Result<void> make_directories(const std::string& path) override {
    if (plan_.hit(true)) return plan_.error();
    return fs_.make_directories(path);
  }
  millrace::Result<void> rename(const std::string& from, const std::string& to) override {
    if (plan_.hit(true)) return plan_.error();
    return fs_.rename(from, to);
  }
  millrace::Result<void> rename_new(const std::string& from, const std::string& to) override {
    if (plan_.hit(true)) return plan_.error();
    return fs_.rename_new(from, to);
  }
  millrace::Result<void> remove(const std::string& path) override {
    if (plan_.hit(false)) return plan_.error();
    return fs_.remove(path);
  }
  millrace::Result<void> sync_directory(const std::string& directory) override {
    if (plan_.hit(true)) return plan_.error();
    return fs_.sync_directory(directory);
  }

 private:
  Fs& fs_;
  FailurePlan& plan_;
};
