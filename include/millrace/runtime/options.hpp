// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/core/units.hpp"

namespace millrace {

class CheckpointStore;
class Observer;
class StateBackend;

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

/// When a running pipeline takes checkpoints, and where a start goes on. Each holds the positions
/// of the sources, every step's state and what the two-phase sinks have prepared, all as of one
/// moment in the stream; what came after it is read again after a crash.
struct CheckpointOptions {
  /// From one's beginning to the next one's. Zero: only when the pipeline suspends, at its end and
  /// by Pipeline::checkpoint().
  Duration interval{};
  /// The first one comes so long after the start. Zero: an interval. Pipelines that start together
  /// and read from each other had better take turns: what the first of them has just decided would
  /// else wait a whole interval in the second.
  Duration first_after{};
  /// One that takes longer has failed, and fails again each time this passes; it still counts when
  /// it gets done after all.
  Duration timeout = std::chrono::minutes(10);
  /// So many failures in a row are only told to the observer; one more fails the pipeline. What was
  /// prepared for a failed one becomes visible with the next.
  std::uint32_t tolerated_failures = 0;
  /// So many are kept, so that a damaged one leaves another to go on from: with a warning, or,
  /// when a sink is two-phase and would double what it made visible since, by restore_from.
  std::uint32_t keep = 2;
  /// Goes on from this one instead of the newest. 0: the newest that is whole.
  std::uint64_t restore_from = 0;
  /// Steps that the topology no longer has, or has as another kind or with state of another type,
  /// whose state shall be dropped: nothing is dropped unasked.
  std::vector<std::string> drop = {};
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
  /// Where `process` steps keep their keyed state when it may be larger than memory: see
  /// rocksdb_state(). Null: in memory.
  std::shared_ptr<StateBackend> state_backend = {};
  /// Where checkpoints are kept for the next start. Empty: in memory, for restarts in this process;
  /// then each start begins where the sources' options say.
  std::string state_directory = {};
  /// Where they are kept instead: in an object store, say.
  std::shared_ptr<CheckpointStore> checkpoint_store = {};
  CheckpointOptions checkpoints = {};
  /// Tries the pipeline out: it begins with the checkpoint that it would begin with, but every sink
  /// writes a line a record to a new file `<step>.<subtask>.lines` here instead, and no checkpoint
  /// is written. `millrace outputs` compares what two versions of a pipeline give. Empty: off.
  std::string divert_directory = {};
  Restart restart = {};
  /// Told about everything that happens. Lifetime: outlives the pipeline.
  Observer* observer = nullptr;
};

}  // namespace millrace
