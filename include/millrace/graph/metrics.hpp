// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>

#include "millrace/core/counter.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

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
