// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/time.hpp"

namespace millrace::watermark {

/// See bounded_out_of_orderness().
struct BoundedOutOfOrderness {
  Duration delay{};
  /// Zero: a silent partition holds the watermark back for as long as it is silent.
  Duration idle{};

  /// A partition without a record for this long (on the monotonic clock) no longer holds the
  /// watermark back, until its next record; what is behind the watermark then is late.
  constexpr BoundedOutOfOrderness idle_after(Duration silence) const { return {delay, silence}; }
};

/// The watermark trails the greatest event time seen by `delay`; in each partition of the source,
/// and the slowest partition counts. A record that is further behind than that is late.
constexpr BoundedOutOfOrderness bounded_out_of_orderness(Duration delay) { return {delay, {}}; }

}  // namespace millrace::watermark
