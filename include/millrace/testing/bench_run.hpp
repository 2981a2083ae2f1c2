// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <functional>
#include <memory>

#include "millrace/core/export.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/runtime/pipeline.hpp"
#include "millrace/sim/env.hpp"

namespace millrace::testing {

/// How a Bench starts again.
struct Restoration {
  CheckpointId checkpoint = 0;  ///< 0: the newest one, or the beginning when there is none
  unsigned parallelism = 0;     ///< 0: as before
};

/// The untyped half of a Bench: a pipeline in a simulated process, run as far as it goes without
/// time passing. Threads: one.
class MILLRACE_EXPORT BenchRun {
 public:
  /// `build` is called at each start.
  BenchRun(std::function<Topology()> build, PipelineOptions options);
  ~BenchRun();
  BenchRun(const BenchRun&) = delete;
  BenchRun& operator=(const BenchRun&) = delete;

  /// Runs everything that is ready now. Errors: throws what the pipeline failed with.
  void settle();
  /// The same, while so much virtual time passes.
  void advance(Duration d);
  /// Takes a checkpoint, which may take virtual time. Errors: Failure (conflict) when no run is on;
  /// Failure (io) when it failed and the pipeline tolerates that.
  CheckpointId checkpoint();
  /// The process ends where it stands, by power loss: only what is durable is left.
  void crash();
  /// Starts again; crashes before when a run is on.
  void restore(const Restoration& how);
  /// The one that runs, or ran last.
  Pipeline& pipeline() { return *pipeline_; }

 private:
  void start();
  Task<> execute(std::shared_ptr<Strand> strand);
  std::function<Topology()> build_;
  PipelineOptions options_;
  sim::Env env_;
  std::unique_ptr<Pipeline> pipeline_;
  std::exception_ptr error_;
};

}  // namespace millrace::testing
