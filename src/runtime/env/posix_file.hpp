// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "millrace/core/file.hpp"
#include "posix_error.hpp"

namespace millrace::detail {

/// A File on a descriptor that no other File shares, so that flock() excludes them too.
class PosixFile final : public File {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override;
  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override;
  Result<void> sync() override;
  Result<std::uint64_t> size() override;
  Result<void> truncate(std::uint64_t size) override;
  Result<void> allocate(std::uint64_t size) override;
  Result<void> lock() override;
  Result<bool> try_lock() override;
  void unlock() override;
  Result<void> close() override;

 private:
  Error failed(std::string_view call) const { return posix_error(call, path_, errno); }
  Result<void> check_sound(std::string_view call) const;

  Descriptor fd_;
  std::string path_;
  bool poisoned_ = false;
};

}  // namespace millrace::detail
