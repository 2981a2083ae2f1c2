// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <mutex>
#include <optional>

#include "millrace/runtime/pipeline.hpp"
#include "runtime/job.hpp"

namespace millrace {

class Pipeline::Impl {
 public:
  Impl(std::unique_ptr<Graph> graph, PipelineOptions options);

  Task<Outcome> execute(Env& env, std::shared_ptr<Strand> strand);
  void stop(StopMode mode);
  PipelineStatus status() const;
  PipelineMetrics metrics() const;
  const Graph& graph() const { return *graph_; }

 private:
  void set_state(PipelineState state, std::string reason = {});
  Task<std::unique_ptr<File>> lock_state(Env& env, Strand& strand);
  Task<runtime::Snapshot> read_state(Env& env, Strand& strand);
  Task<runtime::Job::Ending> attempt(Env& env, std::shared_ptr<Strand> strand,
                                     runtime::Snapshot& last);
  Task<> pause(Env& env, Strand& strand, unsigned restart);
  bool may_restart(unsigned restarts) const;
  static Error error_of(const std::exception_ptr& thrown);

  const std::unique_ptr<Graph> graph_;
  const PipelineOptions options_;
  runtime::Plan plan_;

  mutable std::mutex mutex_;  // guards what follows
  PipelineStatus status_;
  runtime::Job* job_ = nullptr;
  std::optional<StopMode> stop_;
  PipelineMetrics last_metrics_;
};

}  // namespace millrace
