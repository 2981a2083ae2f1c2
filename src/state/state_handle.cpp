// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/state_handle.hpp"

#include "millrace/core/error.hpp"

namespace millrace::detail {

std::string_view to_string(StateKind kind) {
  switch (kind) {
    case StateKind::timers:
      return "timers";
    case StateKind::value:
      return "value";
    case StateKind::list:
      return "list";
    case StateKind::map:
      return "map";
    case StateKind::reducing:
      return "reducing";
    case StateKind::aggregating:
      return "aggregating";
  }
  return "unknown";
}

void throw_no_key(const std::string& state) {
  throw Failure(Error(Errc::conflict,
                      "state \"" + state +
                          "\" was used where no key is at hand: the operator's states() must give "
                          "it, and only on_record and the timer functions have a key"));
}

}  // namespace millrace::detail
