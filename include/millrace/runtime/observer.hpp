// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "millrace/core/error.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/runtime/metrics.hpp"

namespace millrace {

enum class PipelineState : unsigned char {
  idle,       ///< not started
  restoring,  ///< reads its snapshot and lets sinks finish what it lists
  running,
  stopping,   ///< suspends or finishes
  failing,    ///< winds down after a failure; may restart
  suspended,  ///< ended; the next start goes on from the snapshot
  finished,   ///< ended; the input did, or stop(finish) was called
  aborted,    ///< ended at once
  failed,     ///< ended by an error
};
MILLRACE_EXPORT std::string_view to_string(PipelineState state);

/// What Pipeline::status() says.
struct PipelineStatus {
  PipelineState state = PipelineState::idle;
  std::string reason = {};  ///< of the last failure, if any
  unsigned restarts = 0;
};

/// Told about everything that happens to a pipeline. Override what you need.
/// Threads: the pipeline's own; calls never overlap, and must not block.
class MILLRACE_EXPORT Observer {
 public:
  virtual ~Observer();
  virtual void on_state(const PipelineStatus& status);
  /// A failure, before the restart policy decides.
  virtual void on_failure(const Error& error);
  /// A checkpoint is durable and its records are visible.
  virtual void on_checkpoint(CheckpointId id);
  /// One was not taken; the pipeline goes on if so many failures are tolerated.
  virtual void on_checkpoint_failed(CheckpointId id, const Error& error);
  /// Something that a person should know and that stops nothing: a damaged checkpoint that was
  /// passed over, a step that begins without state.
  virtual void on_warning(std::string_view message);
  /// Once, at the end.
  virtual void on_end(const PipelineMetrics& metrics);
};

}  // namespace millrace
