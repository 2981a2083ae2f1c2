// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/core/error.hpp"

namespace millrace::detail {

/// The Error of a call that failed with `number`, as "open /a/b: No such file or directory".
Error posix_error(std::string_view call, std::string_view path, int number);

/// Makes the call again as long as a signal interrupts it.
template <class F>
auto retry(F&& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  /// What close(2) gives; the descriptor is gone in any case.
  int close() noexcept;
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

}  // namespace millrace::detail
