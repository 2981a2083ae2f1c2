// SPDX-License-Identifier: BSL-1.0
#include "posix_error.hpp"

#include <unistd.h>
#include <cstring>

namespace millrace::detail {
namespace {
Errc code_of(int number) {
  switch (number) {
    case ENOENT:
      return Errc::not_found;
    case EEXIST:
      return Errc::already_exists;
    case ENOSPC:
    case EDQUOT:
      return Errc::out_of_space;
    default:
      return Errc::io;
  }
}
}  // namespace

Error posix_error(std::string_view call, std::string_view path, int number) {
  char buffer[128];
  std::string message;
  message.append(call).append(" ").append(path).append(": ");
  message += strerror_r(number, buffer, sizeof buffer);  // the GNU one, which returns the text
  return Error(code_of(number), std::move(message));
}

int Descriptor::close() noexcept { return fd_ < 0 ? 0 : ::close(std::exchange(fd_, -1)); }

}  // namespace millrace::detail
