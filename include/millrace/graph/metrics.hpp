// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>

#include "millrace/core/time.hpp"

namespace millrace {

/// A number that one strand writes and anybody reads. Cost: a plain load and store.
class Counter {
 public:
  void add(std::uint64_t n) { set(get() + n); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What one subtask of a step counts; read through Pipeline::metrics(). Never resets while it runs.
struct StepCounters {
  Counter in;                ///< records that came in
  Counter out;               ///< records that went out, over all outputs but dead letters
  Counter errors;            ///< records that the step could not process
  Counter late;              ///< records that came behind the watermark and its allowed lateness
  Counter queued;            ///< records that wait in the step's queue now
  Counter busy_nanoseconds;  ///< estimated from every 64th batch; without what follows downstream
  std::atomic<Timestamp::rep> watermark{start_of_time.time_since_epoch().count()};

  void set_watermark(Timestamp t) {
    watermark.store(t.time_since_epoch().count(), std::memory_order_relaxed);
  }
};

}  // namespace millrace
