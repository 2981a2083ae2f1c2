// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/time.hpp"

namespace millrace::watermark {

/// See bounded_out_of_orderness().
struct BoundedOutOfOrderness {
  Duration delay{};
  /// Zero: a silent partition holds the watermark back for as long as it is silent.
  Duration idle{};
  /// A partition that was found empty at the start counts as any silent one.
  bool waits_for_empty = false;

  /// A partition without a record for this long (on the monotonic clock) no longer holds the
  /// watermark back, until its next record; what is behind the watermark then is late.
  constexpr BoundedOutOfOrderness idle_after(Duration silence) const {
    return {delay, silence, waits_for_empty};
  }
  /// A partition that is empty at the start holds the watermark back, too, for idle_after: when
  /// records come in lumps, the others would be far ahead before its first ones are read.
  constexpr BoundedOutOfOrderness wait_for_empty() const { return {delay, idle, true}; }
};

/// The watermark trails the greatest event time seen by `delay`; in each partition of the source,
/// and the slowest partition counts. A record that is further behind than that is late.
constexpr BoundedOutOfOrderness bounded_out_of_orderness(Duration delay) {
  return {.delay = delay};
}

}  // namespace millrace::watermark
