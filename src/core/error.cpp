// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/error.hpp"

namespace millrace {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::invalid_input:
      return "invalid_input";
    case Errc::not_found:
      return "not_found";
    case Errc::already_exists:
      return "already_exists";
    case Errc::conflict:
      return "conflict";
    case Errc::trimmed:
      return "trimmed";
    case Errc::corrupted:
      return "corrupted";
    case Errc::out_of_space:
      return "out_of_space";
    case Errc::limit_exceeded:
      return "limit_exceeded";
    case Errc::io:
      return "io";
    case Errc::unavailable:
      return "unavailable";
    case Errc::timeout:
      return "timeout";
    case Errc::cancelled:
      return "cancelled";
    case Errc::unsupported:
      return "unsupported";
    case Errc::user_code:
      return "user_code";
  }
  return "unknown";
}

}  // namespace millrace
