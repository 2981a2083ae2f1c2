// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "millrace/core/env.hpp"
#include "millrace/core/signal.hpp"
#include "millrace/graph/head.hpp"
#include "millrace/runtime/metrics.hpp"
#include "millrace/runtime/options.hpp"
#include "millrace/runtime/pipeline.hpp"
#include "runtime/checkpoints.hpp"
#include "runtime/plan.hpp"
#include "runtime/snapshot.hpp"
#include "runtime/snapshot_barrier.hpp"

namespace millrace::runtime {

/// One attempt at running a plan: makes the steps on their lanes, connects them, runs them to an
/// end. Threads: the coordinator's strand, but for stop() and metrics().
class Job {
 public:
  /// `checkpoints`: where they are kept; null for in memory.
  Job(Env& env, std::shared_ptr<Strand> strand, const Plan& plan, const PipelineOptions& options,
      Checkpoints* checkpoints);
  ~Job();

  /// Gives the steps and two-phase sinks what the snapshot holds; warns of steps that it does not
  /// know. It blocks.
  /// Errors: corrupted when a newer one is damaged and a sink is two-phase; conflict when it has
  /// state of a step that the topology lacks, or has as another kind, and that may not be dropped,
  /// or the parallelism of a step that can't be spread anew has changed; what a step's load() says.
  Result<void> restore(const Snapshot& snapshot);

  struct Ending {
    Outcome outcome = Outcome::finished;
    std::exception_ptr error;  ///< set when it failed
  };
  /// Runs to the end. `last` is the checkpoint that it began with; each one that is decided takes
  /// its place. `on_phase` is told when it begins to run and when it stops. Throws nothing but
  /// std::bad_alloc, and that before it has begun anything.
  Task<Ending> run(Snapshot& last, std::function<void(PipelineState)> on_phase);

  void request_stop(StopMode mode);
  void request_checkpoint();
  PipelineMetrics metrics() const;

 private:
  /// Wakes the coordinator at a time, unless it is gone by then.
  class Alarm {
   public:
    Alarm(Job& job, MonotonicTime at) : off_(std::make_shared<StopFlag>()) {
      job.spawn(job.strand_, job.ring(at, off_));
    }
    ~Alarm() { off_->request(); }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

   private:
    std::shared_ptr<StopFlag> off_;
  };
  struct LaneState {
    std::unique_ptr<Lane> lane;
    StopFlag ticks_end;
    std::unique_ptr<Head> inbox;
    bool head_done = false;
    bool told_to_abort = false;
  };

  const PlannedNode* planned(const std::string& step) const;
  bool may_drop(const std::string& step) const;
  Result<void> refuse_passed_over(const Snapshot& snapshot) const;
  void warn_of_new_steps(const Snapshot& snapshot) const;
  Result<void> restore_item(const Snapshot& snapshot, const Snapshot::Item& item);
  void make_lanes();
  void make_steps();
  void connect();
  void connect_input(const PlannedNode& node, const NodeInput& input);
  std::vector<std::unique_ptr<Step>>& steps_of(const Node* node);

  Task<> recover();
  Task<> on_every_sink(Task<> (SinkHead::*f)());
  void start();
  void spawn(Lane& lane, Task<> task);
  void spawn(std::shared_ptr<Strand> strand, Task<> task);
  Task<> guarded(Task<> task);
  Task<> run_source(SourceHead& source, LaneState& lane);
  Task<> run_inbox(LaneState& lane);
  Task<> tick(LaneState& lane);
  void on_lane(Lane& lane, std::function<void()> f);
  Task<> settle_then(Lane& lane, std::function<void()> f);
  void failed(std::exception_ptr error);
  void task_done();

  Task<> read_to_the_end();
  void tell_sources();
  template <class Done>
  Task<> until(Done done);
  Task<> wind_down(const bool& suspended);

  // Checkpoints: job_checkpoint.cpp.
  enum class Moment : unsigned char { running, suspending, finishing };
  bool checkpoint_due() const;
  void plan_checkpoint(MonotonicTime now);
  Task<> ring(MonotonicTime at, std::shared_ptr<StopFlag> off);
  Task<bool> checkpoint(Moment moment);
  Task<bool> last_checkpoints(bool suspended);
  Task<> pass_barrier(Moment moment);
  Task<Result<void>> decide(Snapshot& snapshot);
  Result<void> store(Snapshot& snapshot);
  Task<> commit(const Snapshot& snapshot);
  Task<> drop_old();
  Task<> delay(std::string_view site);
  void checkpoint_failed(const Error& error, Moment moment);
  Task<> stop_source(SourceHead& source, StopMode mode);
  Task<> abort_lane(LaneState& state);
  bool abort_lanes();
  bool failed_or_aborted() const;
  bool told_to(StopMode mode) const;
  std::size_t inboxes() const;
  LaneState& lane_of(const Step& step);

  Env& env_;
  std::shared_ptr<Strand> strand_;
  const Plan& plan_;
  const PipelineOptions& options_;
  Checkpoints* const checkpoints_;
  FlowBudget flow_;
  StateBudget state_;
  std::vector<std::vector<std::unique_ptr<LaneState>>> lanes_;  // by region, then subtask
  std::vector<std::vector<std::unique_ptr<Step>>> steps_;       // by plan order, then subtask
  std::vector<std::shared_ptr<void>> exchanges_;
  std::vector<SourceHead*> sources_;
  std::vector<Step*> source_steps_;
  std::vector<Step*> sink_steps_;
  Signal changed_;

  mutable std::mutex mutex_;  // guards what follows
  std::exception_ptr error_;
  std::size_t running_ = 0;
  std::size_t sources_running_ = 0;
  std::optional<StopMode> stop_;
  bool checkpoint_requested_ = false;
  CheckpointMetrics metrics_;

  std::function<void(PipelineState)> on_phase_;
  std::optional<StopMode> told_;  // to the sources
  Snapshot* last_ = nullptr;
  CheckpointId next_id_ = 0;
  std::unique_ptr<SnapshotBarrier> barrier_;   // of the last one: lanes may know it to the end
  std::vector<Snapshot::Prepared> undecided_;  // by checkpoints that failed since
  std::uint32_t failures_in_a_row_ = 0;
  MonotonicTime started_{};
  MonotonicTime next_checkpoint_{};
};

/// Waits until `done()`, a failure or an abort; sources hear of a stop meanwhile.
template <class Done>
Task<> Job::until(Done done) {
  for (;;) {
    if (failed_or_aborted()) co_return;
    tell_sources();
    if (done()) co_return;
    co_await changed_.wait();
  }
}

}  // namespace millrace::runtime
