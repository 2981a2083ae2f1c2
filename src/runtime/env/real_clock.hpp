// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>

#include "millrace/core/clock.hpp"

namespace millrace::detail {

inline MonotonicTime real_monotonic() {
  return MonotonicTime(std::chrono::duration_cast<MonotonicTime::duration>(
      std::chrono::steady_clock::now().time_since_epoch()));
}

class RealClock final : public Clock {
 public:
  MonotonicTime monotonic() const override { return real_monotonic(); }
  Timestamp wall() const override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }
};

}  // namespace millrace::detail
