// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>

#include "millrace/core/export.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/window.hpp"
#include "millrace/graph/budget.hpp"

namespace millrace::detail {

/// The windows of a step passed the state budget.
[[noreturn]] MILLRACE_EXPORT void throw_state_limit(const std::string& step, std::uint64_t bytes,
                                                    const StateBudget& budget);
/// A record's time is so near the end of what a Timestamp holds that no window contains it.
[[noreturn]] MILLRACE_EXPORT void throw_outside(Timestamp t);

/// What the dead letter of a key holds whose panes could not be merged for a window.
template <class Key>
struct KeyAndWindow {
  Key key;
  TimeWindow window;
};
template <class Key>
constexpr auto describe(type<KeyAndWindow<Key>>) {
  return fields("key", &KeyAndWindow<Key>::key, "window", &KeyAndWindow<Key>::window);
}

}  // namespace millrace::detail
