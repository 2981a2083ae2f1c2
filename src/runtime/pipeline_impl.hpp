// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <mutex>
#include <new>
#include <optional>

#include "millrace/core/stop.hpp"
#include "millrace/runtime/pipeline.hpp"
#include "runtime/checkpoints.hpp"
#include "runtime/job.hpp"

namespace millrace {

class Pipeline::Impl {
 public:
  Impl(std::unique_ptr<Graph> graph, PipelineOptions options);

  Task<Outcome> execute(Env& env, std::shared_ptr<Strand> strand);
  void stop(StopMode mode);
  void checkpoint();
  PipelineStatus status() const;
  PipelineMetrics metrics() const;
  const Graph& graph() const { return *graph_; }
  const PipelineOptions& options() const { return options_; }

 private:
  void set_state(PipelineState state, std::string reason = {});
  std::shared_ptr<CheckpointStore> checkpoint_store(Env& env) const;
  /// The checkpoint to begin with; an empty one when there is none.
  Task<runtime::Snapshot> read_state(Env& env, runtime::Checkpoints& checkpoints, Strand& strand,
                                     CheckpointId from);
  Task<runtime::Job::Ending> attempt(Env& env, std::shared_ptr<Strand> strand,
                                     runtime::Checkpoints* checkpoints, runtime::Snapshot& last);
  Task<Outcome> run_with_restarts(Env& env, std::shared_ptr<Strand> strand);
  /// The wait before a restart; a stop ends it.
  struct Pause {
    Scheduler& scheduler;
    std::shared_ptr<Strand> strand;
    StopFlag over{};
  };
  Task<> pause(Env& env, std::shared_ptr<Strand> strand, unsigned restart);
  static Task<> end_pause(std::shared_ptr<Pause> pause);
  void check_second_run();
  /// Lets stop() and metrics() reach the job while it runs, also when its frame is destroyed.
  class CurrentJob {
   public:
    CurrentJob(Impl& impl, runtime::Job& job) : impl_(impl) {
      std::lock_guard lock(impl_.mutex_);
      impl_.job_ = &job;
      if (impl_.stop_) job.request_stop(*impl_.stop_);
    }
    ~CurrentJob() {
      std::lock_guard lock(impl_.mutex_);
      try {
        impl_.last_metrics_ = impl_.job_->metrics();
      } catch (const std::bad_alloc&) {  // then those of the run before stay
      }
      impl_.job_ = nullptr;
    }
    CurrentJob(const CurrentJob&) = delete;
    CurrentJob& operator=(const CurrentJob&) = delete;

   private:
    Impl& impl_;
  };
  bool may_restart(unsigned restarts) const;
  static Error error_of(const std::exception_ptr& thrown);

  const std::unique_ptr<Graph> graph_;
  const PipelineOptions options_;
  runtime::Plan plan_;
  bool ran_ = false;

  mutable std::mutex mutex_;  // guards what follows
  PipelineStatus status_;
  runtime::Job* job_ = nullptr;
  std::optional<StopMode> stop_;
  std::shared_ptr<Pause> pause_;
  PipelineMetrics last_metrics_;
};

}  // namespace millrace
