// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <compare>
#include <concepts>
#include <cstdint>

#include "millrace/core/describe.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

/// A half-open span of event time: start <= t < end.
struct TimeWindow {
  Timestamp start{};
  Timestamp end{};
  auto operator<=>(const TimeWindow&) const = default;
};

template <std::same_as<TimeWindow> T>
constexpr auto describe(type<T>) {
  return fields("start", &T::start, "end", &T::end);
}

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

/// In JSON {"key":…,"window":{"start":…,"end":…},"value":…,"fire":…}, when key and value are of
/// kinds that JSON knows.
template <class K, class R>
constexpr auto describe(type<Windowed<K, R>>) {
  using W = Windowed<K, R>;
  return fields("key", &W::key, "window", &W::window, "value", &W::value, "fire", &W::fire);
}

}  // namespace millrace
