// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/task.hpp"
#include "millrace/graph/head.hpp"
#include "millrace/runtime/guarantees.hpp"
#include "millrace/runtime/metrics.hpp"
#include "millrace/runtime/observer.hpp"
#include "millrace/runtime/options.hpp"
#include "millrace/stream/topology.hpp"

namespace millrace {

/// How a run ended, when not by a failure.
enum class Outcome : unsigned char { finished, suspended, aborted };

/// Whether run() listens to SIGINT and SIGTERM: the first suspends, a second one aborts.
enum class Signals : unsigned char { ignore, handle };

/// What run() shows on stderr: on a terminal one line, redrawn; otherwise a plain line now and
/// then.
enum class Progress : unsigned char { off, show };

struct RunOptions {
  Signals signals = Signals::ignore;
  Progress progress = Progress::off;
  /// Threads that run the strands, the calling one among them.
  unsigned threads = 1;
};

/// Runs a Topology.
/// Threads: stop(), status() and metrics() from any; the rest from one. Lifetime: destroy it only
/// when no run is on.
/// What is promised: a pipeline that was suspended or killed goes on from its last checkpoint at
/// its next start with the same state_directory. Two-phase sinks then have each record once, others
/// at least once; without checkpoints at an interval, from the last suspension or the beginning.
class MILLRACE_EXPORT Pipeline {
 public:
  explicit Pipeline(Topology topology, PipelineOptions options = {});
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Runs to the end on this thread, with one further thread for calls that block, and
  /// options.threads - 1 more for strands.
  /// Errors: TopologyError for a shape that can't run (no source, a move-only function in a step of
  /// several subtasks); Failure when the pipeline failed and no restart was left, with the step's
  /// name; Failure (conflict) when another process holds the state directory.
  Outcome run(RunOptions options = {});

  /// Runs on an Env of the caller's, on `strand`; the same errors. For simulation and for
  /// async_run (runtime/async_run.hpp).
  Task<Outcome> execute(Env& env, std::shared_ptr<Strand> strand);

  /// Asks the run to end; returns at once. When none is on yet, the next one ends as it begins, so
  /// that a signal that comes early is not lost. The first mode counts; only abort overrides it.
  void stop(StopMode mode = StopMode::suspend);

  /// Asks for a checkpoint now; returns at once. The observer is told when it is there. Nothing
  /// happens when no run is on.
  void checkpoint();

  PipelineStatus status() const;
  PipelineMetrics metrics() const;

  /// What holds for each way from a source to a sink when the process dies at any moment, why, and
  /// what would raise it.
  std::vector<PathGuarantee> guarantees() const;

  /// The topology as text, as a Mermaid flowchart and as JSON.
  std::string text() const;
  std::string mermaid() const;
  std::string json() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
