// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>

namespace millrace {

/// Length of time. Units: microseconds; the milliseconds of Kafka and Kinesis convert without loss.
using Duration = std::chrono::microseconds;

/// Point of event time or wall time. Units: microseconds since 1970-01-01T00:00:00Z, no leap
/// seconds.
using Timestamp = std::chrono::sys_time<Duration>;

/// "No watermark yet": before every record.
inline constexpr Timestamp start_of_time = Timestamp::min();
/// "No record will come": the watermark that the end of input emits.
inline constexpr Timestamp end_of_time = Timestamp::max();

/// Tag of the clock that never steps; see Clock::monotonic().
struct MonotonicClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, duration>;
  static constexpr bool is_steady = true;
};

/// Point of time on the monotonic clock, for deadlines and measuring. Its zero means nothing.
using MonotonicTime = MonotonicClock::time_point;

}  // namespace millrace
