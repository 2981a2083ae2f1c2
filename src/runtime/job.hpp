// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "millrace/core/env.hpp"
#include "millrace/core/signal.hpp"
#include "millrace/graph/head.hpp"
#include "millrace/runtime/metrics.hpp"
#include "millrace/runtime/options.hpp"
#include "millrace/runtime/pipeline.hpp"
#include "runtime/plan.hpp"
#include "runtime/snapshot.hpp"

namespace millrace::runtime {

class SnapshotBarrier;

/// One attempt at running a plan: makes the steps on their lanes, connects them, runs them to an
/// end. Threads: the coordinator's strand, but for stop() and metrics().
class Job {
 public:
  Job(Env& env, std::shared_ptr<Strand> strand, const Plan& plan, const PipelineOptions& options);
  ~Job();

  /// Gives the steps and two-phase sinks what the snapshot holds.
  /// Errors: conflict when it names a step that the topology lacks, or the parallelism of a step
  /// that can't be spread anew has changed; what a step's load() says.
  Result<void> restore(const Snapshot& snapshot);

  struct Ending {
    Outcome outcome = Outcome::finished;
    std::exception_ptr error;  ///< set when it failed
  };
  /// Runs to the end. `snapshot` has the last id; at a suspension and at the end it is filled and,
  /// with a state directory, written. `on_phase` is told when it begins to run and when it stops.
  /// Never throws.
  Task<Ending> run(Snapshot& snapshot, std::function<void(PipelineState)> on_phase);

  void request_stop(StopMode mode);
  PipelineMetrics metrics() const;
  /// True once the snapshot is where the next start begins: it was written, or, without a state
  /// directory, is complete. What its sinks have not committed by then they commit at that start.
  bool decided() const { return decided_; }
  /// True once its sinks have committed it, too.
  bool committed() const { return committed_; }

 private:
  struct LaneState {
    std::unique_ptr<Lane> lane;
    StopFlag ticks_end;
    std::unique_ptr<Head> inbox;
    bool head_done = false;
  };

  void make_lanes();
  void make_steps();
  void connect();
  void connect_input(const PlannedNode& node, const NodeInput& input);
  std::vector<std::unique_ptr<Step>>& steps_of(const Node* node);

  Task<> recover();
  Task<> on_every_sink(Task<> (SinkHead::*f)());
  void start();
  void spawn(Lane& lane, Task<> task);
  Task<> guarded(Task<> task);
  Task<> run_source(SourceHead& source, LaneState& lane);
  Task<> run_inbox(LaneState& lane);
  Task<> tick(LaneState& lane);
  void on_lane(Lane& lane, std::function<void()> f);
  Task<> settle_then(Lane& lane, std::function<void()> f);
  void failed(std::exception_ptr error);
  void task_done();

  Task<> read_to_the_end();
  Task<> take_snapshot(Snapshot& snapshot, SnapshotBarrier& barrier);
  Task<> commit(const Snapshot& snapshot, SnapshotBarrier& barrier);
  Task<> wind_down(bool suspended);
  Task<> stop_source(SourceHead& source, StopMode mode);
  Task<> abort_lane(LaneState& state);
  void abort_lanes();
  bool failed_or_aborted() const;
  bool told_to(StopMode mode) const;
  std::size_t inboxes() const;
  LaneState& lane_of(const Step& step);

  Env& env_;
  std::shared_ptr<Strand> strand_;
  const Plan& plan_;
  const PipelineOptions& options_;
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

  std::function<void(PipelineState)> on_phase_;
  bool decided_ = false;
  bool committed_ = false;
};

}  // namespace millrace::runtime
