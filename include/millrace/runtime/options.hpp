// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>

#include "millrace/core/time.hpp"
#include "millrace/core/units.hpp"

namespace millrace {

class Observer;

/// What a pipeline does when a source, a sink or a step with OnError::fail has failed: begins again
/// in the same process, from the last snapshot, after a pause that may grow.
struct Restart {
  std::uint32_t attempts = 0;
  Duration delay{};
  Duration longest_delay{};

  /// The failure ends the pipeline.
  static constexpr Restart never() { return {}; }
  static constexpr Restart fixed_delay(std::uint32_t attempts, Duration delay) {
    return {attempts, delay, delay};
  }
  /// The pause doubles each time, up to `longest`.
  static constexpr Restart exponential(std::uint32_t attempts, Duration first, Duration longest) {
    return {attempts, first, longest};
  }
};

/// How a pipeline runs.
struct PipelineOptions {
  /// Subtasks of sources and of the steps behind them; each runs on a strand of its own. A step or
  /// a sink may say otherwise.
  unsigned parallelism = 1;
  /// Bytes that batches in queues may hold; when they are used up, the sources wait. The overshoot
  /// is one batch an edge.
  ByteSize flow_budget = 64_MiB;
  /// Bytes that windows and keyed state may hold; past them the pipeline fails.
  ByteSize state_budget = 1_GiB;
  /// Where a suspended pipeline keeps positions and state for its next start. Empty: nowhere; then
  /// each start begins where the sources' options say.
  std::string state_directory = {};
  Restart restart = {};
  /// Told about everything that happens. Lifetime: outlives the pipeline.
  Observer* observer = nullptr;
};

}  // namespace millrace
