// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/time.hpp"

namespace millrace {

/// The only two clocks there are. Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  /// For deadlines, timers and measuring; never steps back.
  virtual MonotonicTime monotonic() const = 0;
  /// What a calendar says; may step either way. For stamps, names and retention, never for waiting.
  virtual Timestamp wall() const = 0;
};

}  // namespace millrace
