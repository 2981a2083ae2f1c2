// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/time.hpp"

namespace millrace {

/// What one step has counted, over its subtasks, at the moment of the snapshot.
struct StepMetrics {
  std::string step;
  std::string kind;
  unsigned subtasks = 0;
  std::uint64_t in = 0;                 ///< records that came in
  std::uint64_t out = 0;                ///< records that went out, or were accepted by the sink
  std::uint64_t errors = 0;             ///< records that the step could not process
  std::uint64_t late = 0;               ///< records behind the watermark and its allowed lateness
  std::uint64_t queued = 0;             ///< records that wait in the step's queue
  Timestamp watermark = start_of_time;  ///< the smallest of its subtasks
  Duration busy{};  ///< time spent in the step itself, estimated from every 64th batch
};

/// How a pipeline's checkpoints get on.
struct CheckpointMetrics {
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t last_id = 0;     ///< of those completed
  Duration last_alignment{};     ///< until the barriers had passed and the sinks had prepared
  Duration last_duration{};      ///< the whole of it, commits included
  std::uint64_t last_bytes = 0;  ///< of state
};

/// A snapshot of a running or ended pipeline.
struct PipelineMetrics {
  std::vector<StepMetrics> steps;  ///< each after those it reads from
  std::uint64_t flow_bytes = 0;    ///< held by queues now
  std::uint64_t flow_bytes_peak = 0;
  std::uint64_t state_bytes = 0;  ///< held by windows and keyed state now
  CheckpointMetrics checkpoints;

  /// The step of this name, or null.
  const StepMetrics* find(std::string_view step) const {
    for (const StepMetrics& m : steps)
      if (m.step == step) return &m;
    return nullptr;
  }
};

}  // namespace millrace
