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

/// In which order a subtask's results leave; windows always leave in the order of their ends.
enum class ResultOrder : unsigned char {
  hash,   ///< (end, hash of the key, key): repeatable, and nearly free
  key,    ///< (end, key)
  table,  ///< (end, any): the fastest
};

struct WindowOptions {
  Duration size{};
  /// How long after its end, in event time, a window takes records and corrects its results.
  Duration allowed_lateness{};
  ResultOrder order = ResultOrder::hash;
  /// What happens to records whose key or aggregation throws.
  OnError on_error = OnError::dead_letter;
};

}  // namespace millrace
