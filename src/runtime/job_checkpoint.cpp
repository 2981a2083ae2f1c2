// SPDX-License-Identifier: BSL-1.0
// A checkpoint: barriers behind what each source has pushed, every step's state as they pass, what
// the sinks prepared; the manifest, which is the decision; the commits.
#include <algorithm>
#include <chrono>
#include <utility>

#include "millrace/core/wait.hpp"
#include "runtime/job.hpp"
#include "runtime/snapshot_barrier.hpp"

namespace millrace::runtime {

bool Job::checkpoint_due() const {
  const Duration interval = options_.checkpoints.interval;
  std::lock_guard lock(mutex_);
  return checkpoint_requested_ ||
         (interval > Duration::zero() && env_.clock.monotonic() >= next_checkpoint_);
}

/// The next one after `now`, on a grid that is not moved by those that take long or come on demand.
void Job::plan_checkpoint(MonotonicTime now) {
  const Duration interval = options_.checkpoints.interval;
  const Duration first_after = options_.checkpoints.first_after;
  if (interval <= Duration::zero()) return;
  const MonotonicTime first = started_ + (first_after > Duration::zero() ? first_after : interval);
  next_checkpoint_ = now < first ? first : first + ((now - first) / interval + 1) * interval;
}

Task<> Job::ring(MonotonicTime at, std::shared_ptr<StopFlag> off) {
  Sleep nap(*strand_, *off, at);
  const bool slept = co_await nap;
  if (slept) changed_.notify();
}

Task<> Job::delay(std::string_view site) {
  const Duration d = env_.faults.delay(site);
  if (d == Duration::zero()) co_return;
  StopFlag never;
  Sleep nap(*strand_, never, env_.clock.monotonic() + d);
  co_await nap;
}

/// False when it failed, which has been told to whom it concerns.
Task<bool> Job::checkpoint(Moment moment) {
  const MonotonicTime begun = env_.clock.monotonic();
  {
    std::lock_guard lock(mutex_);
    checkpoint_requested_ = false;
  }
  plan_checkpoint(begun);
  if (checkpoints_) next_id_ = std::max(next_id_, checkpoints_->last_id() + 1);
  barrier_ = std::make_unique<SnapshotBarrier>(
      next_id_++, sources_.size() + inboxes() + sink_steps_.size(), changed_,
      moment == Moment::finishing ? SnapshotBarrier::Finishes::yes : SnapshotBarrier::Finishes::no);
  co_await pass_barrier(moment);
  if (failed_or_aborted()) co_return false;
  env_.faults.reached("checkpoint.passed");
  const MonotonicTime passed = env_.clock.monotonic();
  Snapshot snapshot;
  const Result<void> decided = co_await decide(snapshot);
  if (!decided) {
    undecided_ = std::move(snapshot.prepared);
    checkpoint_failed(decided.error(), moment);
    co_return false;
  }
  undecided_.clear();
  failures_in_a_row_ = 0;
  env_.faults.reached("checkpoint.decided");
  *last_ = std::move(snapshot);
  co_await commit(*last_);
  if (failed_or_aborted()) co_return false;
  env_.faults.reached("checkpoint.committed");
  co_await drop_old();
  {
    std::lock_guard lock(mutex_);
    ++metrics_.completed;
    metrics_.last_id = last_->id;
    metrics_.last_alignment = std::chrono::duration_cast<Duration>(passed - begun);
    metrics_.last_duration = std::chrono::duration_cast<Duration>(env_.clock.monotonic() - begun);
  }
  if (options_.observer) options_.observer->on_checkpoint(last_->id);
  co_return true;
}

/// Puts the barrier behind what every source has pushed and waits until it has passed all steps.
/// A lane's head injects it between two batches, so positions and states are of one moment.
Task<> Job::pass_barrier(Moment moment) {
  SnapshotBarrier& barrier = *barrier_;
  for (std::size_t i = 0; i < sources_.size(); ++i)
    on_lane(source_steps_[i]->lane(), [this, &barrier, source = sources_[i]] {
      source->inject(barrier);
      env_.faults.reached("checkpoint.injected");
      barrier.injected();
    });
  const Duration timeout = options_.checkpoints.timeout;
  MonotonicTime deadline = env_.clock.monotonic() + timeout;
  for (;; deadline += timeout) {
    const Alarm alarm(*this, deadline);
    co_await until([&] { return barrier.complete() || env_.clock.monotonic() >= deadline; });
    if (failed_or_aborted() || barrier.complete()) co_return;
    checkpoint_failed(Error(Errc::timeout, "checkpoint " + std::to_string(barrier.id()) +
                                               ": its barriers have not passed every step within " +
                                               std::to_string(timeout.count() / 1'000'000) +
                                               " s; a sink is slow, or the timeout too short"),
                      moment);
  }
}

Task<Result<void>> Job::decide(Snapshot& snapshot) {
  co_await delay("checkpoint.decide");
  co_return co_await blocking(*strand_, [&]() -> Result<void> {
    snapshot = barrier_->take();
    snapshot.pipeline = last_->pipeline;
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
      const PlannedNode& planned = plan_.nodes[i];
      snapshot.steps.push_back({.step = planned.node->name().text,
                                .subtasks = planned.parallelism,
                                .kind = std::string(planned.node->kind()),
                                .schema = steps_[i].front()->state_schema()});
    }
    snapshot.prepared.insert(snapshot.prepared.begin(), undecided_.begin(), undecided_.end());
    return store(snapshot);
  });
}

/// Where the next start finds it; items that are kept there are not kept here.
Result<void> Job::store(Snapshot& snapshot) {
  std::uint64_t bytes = 0;
  if (checkpoints_) {
    auto written = checkpoints_->write(
        snapshot, [this](const TakeItem& take) { barrier_->write_frozen(take); });
    if (!written) return written.take_error();
    snapshot.items = {};
    bytes = written->bytes;
  } else {
    try {
      barrier_->write_frozen(
          [&](Snapshot::Item item) { snapshot.items.push_back(std::move(item)); });
    } catch (const Failure& failure) {  // of a disk that state lies on
      return failure.error();
    }
    for (const Snapshot::Item& item : snapshot.items) bytes += item.state.bytes.size();
  }
  std::lock_guard lock(mutex_);
  metrics_.last_bytes = bytes;
  return {};
}

/// Not before the commits: a start from the one before would undo what they have made visible.
Task<> Job::drop_old() {
  if (!checkpoints_) co_return;
  co_await delay("checkpoint.drop");
  const Result<void> dropped = co_await blocking(
      *strand_, [&] { return checkpoints_->drop_old(options_.checkpoints.keep); });
  if (!dropped && options_.observer)
    options_.observer->on_warning("old checkpoints stay: " + dropped.error().message());
  env_.faults.reached("checkpoint.dropped");
}

Task<> Job::commit(const Snapshot& snapshot) {
  co_await delay("checkpoint.commit");
  std::size_t sinks = 0;
  for (Step* sink : sink_steps_) {
    std::vector<Committable> decided;
    for (const Snapshot::Prepared& prepared : snapshot.prepared)
      if (sink->name() == prepared.step && sink->subtask() == prepared.subtask)
        decided.push_back(prepared.committable);
    if (decided.empty()) continue;
    ++sinks;
    on_lane(sink->lane(), [this, sink, decided = std::move(decided)] {
      sink->as_sink()->commit(decided, *barrier_);
    });
  }
  co_await until([&] { return barrier_->commits() >= sinks; });
}

/// The pipeline goes on when it tolerates that, unless it was the one that its end needs.
void Job::checkpoint_failed(const Error& error, Moment moment) {
  ++failures_in_a_row_;
  {
    std::lock_guard lock(mutex_);
    ++metrics_.failed;
  }
  if (options_.observer) options_.observer->on_checkpoint_failed(barrier_->id(), error);
  if (moment != Moment::running || failures_in_a_row_ > options_.checkpoints.tolerated_failures)
    failed(std::make_exception_ptr(Failure(error)));
}

}  // namespace millrace::runtime
