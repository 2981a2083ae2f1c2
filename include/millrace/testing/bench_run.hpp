// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <memory>

#include "millrace/core/export.hpp"
#include "millrace/runtime/pipeline.hpp"
#include "millrace/sim/env.hpp"

namespace millrace::testing {

/// The untyped half of a Bench: a pipeline in a simulated process, run as far as it goes without
/// time passing. Threads: one.
class MILLRACE_EXPORT BenchRun {
 public:
  BenchRun(Topology topology, PipelineOptions options);
  ~BenchRun();
  BenchRun(const BenchRun&) = delete;
  BenchRun& operator=(const BenchRun&) = delete;

  /// Runs everything that is ready now. Errors: throws what the pipeline failed with.
  void settle();
  /// The same, while so much virtual time passes.
  void advance(Duration d);
  Pipeline& pipeline() { return pipeline_; }

 private:
  Task<> execute(std::shared_ptr<Strand> strand);
  sim::Env env_;
  Pipeline pipeline_;
  std::exception_ptr error_;
};

}  // namespace millrace::testing
