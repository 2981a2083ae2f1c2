// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <compare>
#include <cstdint>

#include "millrace/core/time.hpp"

namespace millrace {

/// A half-open span of event time: start <= t < end.
struct TimeWindow {
  Timestamp start{};
  Timestamp end{};
  auto operator<=>(const TimeWindow&) const = default;
};

/// One result of a keyed window.
template <class K, class R>
struct Windowed {
  K key{};
  TimeWindow window;
  R value{};
  /// 1 for the first result of this key and window; a late record within the allowed lateness
  /// brings the next one, and the last is the value.
  std::uint32_t fire = 1;
  bool operator==(const Windowed&) const = default;
};

}  // namespace millrace
