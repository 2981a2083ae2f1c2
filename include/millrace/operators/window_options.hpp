// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/dead_letter.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

/// Windows of one size, side by side: [0, size), [size, 2 size), ... since 1970, and before it too.
struct Tumbling {
  Duration size;
};
constexpr Tumbling tumbling(Duration size) { return {size}; }

/// Windows that overlap: one of `size` begins every `slide`, at the multiples of it since 1970, so
/// that each record lies in size / slide of them. The slide is not longer than the size.
struct Sliding {
  Duration size;
  Duration slide;
};
constexpr Sliding sliding(Duration size, Duration slide) { return {size, slide}; }

/// In which order a subtask's results leave; windows always leave in the order of their ends.
enum class ResultOrder : unsigned char {
  hash,   ///< (end, hash of the key, key): repeatable, and nearly free
  key,    ///< (end, key)
  table,  ///< (end, any): the fastest
};

struct WindowOptions {
  Duration size{};
  /// From the start of a window to that of the next; zero: the size.
  Duration slide{};
  /// How long after its end, in event time, a window takes records and corrects its results.
  Duration allowed_lateness{};
  ResultOrder order = ResultOrder::hash;
  /// What happens to records whose key or aggregation throws.
  OnError on_error = OnError::dead_letter;
};

}  // namespace millrace
