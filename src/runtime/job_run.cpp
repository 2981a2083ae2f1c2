// SPDX-License-Identifier: BSL-1.0
// How a job runs: its loops on their lanes, and the coordinator that ends them in good order.
#include <cstdlib>
#include <functional>
#include <new>
#include <utility>

#include "millrace/core/wait.hpp"
#include "millrace/graph/rejects.hpp"
#include "runtime/job.hpp"

namespace millrace::runtime {
namespace {

constexpr Duration tick_interval = std::chrono::milliseconds(100);

}  // namespace

void Job::spawn(Lane& lane, Task<> task) { spawn(lane.shared_strand(), std::move(task)); }
void Job::spawn(std::shared_ptr<Strand> strand, Task<> task) {
  {
    std::lock_guard lock(mutex_);
    ++running_;
  }
  try {
    env_.scheduler.spawn(std::move(strand), guarded(std::move(task)));
  } catch (...) {  // no memory for it: nobody may wait for its end
    task_done();
    throw;
  }
}

Task<> Job::guarded(Task<> task) {
  try {
    co_await task;
  } catch (const DownstreamFailure& failure) {
    failed(failure.cause);
  } catch (...) {
    failed(std::current_exception());
  }
  task_done();
}

void Job::failed(std::exception_ptr error) {
  {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  changed_.notify();
}

// Nothing of this job may be touched after the lock is let go: the coordinator may end it.
void Job::task_done() {
  std::lock_guard lock(mutex_);
  --running_;
  changed_.notify();
}

Task<> Job::run_source(SourceHead& source, LaneState& lane) {
  co_await source.run();
  lane.head_done = true;
  lane.ticks_end.request();
  std::lock_guard lock(mutex_);
  --sources_running_;
  changed_.notify();
}

Task<> Job::run_inbox(LaneState& lane) {
  co_await lane.inbox->run();
  lane.head_done = true;
  lane.ticks_end.request();
}

Task<> Job::tick(LaneState& lane) {
  while (!lane.head_done && !lane.lane->aborted()) {
    Sleep pause(lane.lane->strand(), lane.ticks_end, env_.clock.monotonic() + tick_interval);
    const bool slept = co_await pause;
    if (!slept) break;
    co_await lane.lane->settle();
    if (lane.head_done || lane.lane->aborted()) break;
    for (Ticker* ticker : lane.lane->tickers()) ticker->tick(env_.clock.monotonic());
    lane.lane->rest();
  }
}

/// Sinks of several subtasks may share what they write to, so all have committed what the last
/// snapshot lists before one of them drops the rest, and have dropped it before one writes.
Task<> Job::recover() {
  env_.faults.reached("restore.loaded");
  co_await on_every_sink(&SinkHead::commit_restored);
  if (failed_or_aborted()) co_return;
  env_.faults.reached("restore.committed");
  co_await on_every_sink(&SinkHead::abort_unlisted);
  env_.faults.reached("restore.aborted");
}

Task<> Job::on_every_sink(Task<> (SinkHead::*f)()) {
  for (Step* sink : sink_steps_)
    if (sink->as_sink()->two_phase()) spawn(sink->lane(), (sink->as_sink()->*f)());
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (running_ == 0 || error_ || stop_ == StopMode::abort) break;
    }
    co_await changed_.wait();
  }
}

void Job::start() {
  for (Step* sink : sink_steps_) spawn(sink->lane(), sink->as_sink()->run());
  for (auto& region : lanes_)
    for (auto& lane : region) {
      if (lane->inbox) spawn(*lane->lane, run_inbox(*lane));
      if (!lane->lane->tickers().empty()) spawn(*lane->lane, tick(*lane));
    }
  sources_running_ = sources_.size();
  for (std::size_t i = 0; i < sources_.size(); ++i)
    spawn(source_steps_[i]->lane(), run_source(*sources_[i], lane_of(*source_steps_[i])));
}

Job::LaneState& Job::lane_of(const Step& step) {
  for (auto& region : lanes_)
    for (auto& state : region)
      if (state->lane.get() == &step.lane()) return *state;
  std::abort();  // every step was made on one of them
}

void Job::on_lane(Lane& lane, std::function<void()> f) {
  spawn(lane, settle_then(lane, std::move(f)));
}

Task<> Job::settle_then(Lane& lane, std::function<void()> f) {
  co_await lane.settle();
  f();
}

void Job::request_stop(StopMode mode) {
  {
    std::lock_guard lock(mutex_);
    // The sources have been told once: only an abort can still change how it ends.
    if (!stop_ || mode == StopMode::abort) stop_ = mode;
  }
  changed_.notify();
}

void Job::request_checkpoint() {
  {
    std::lock_guard lock(mutex_);
    checkpoint_requested_ = true;
  }
  changed_.notify();
}

bool Job::failed_or_aborted() const {
  std::lock_guard lock(mutex_);
  return error_ != nullptr || stop_ == StopMode::abort;
}

/// A stop that has been asked for since.
void Job::tell_sources() {
  std::optional<StopMode> stop;
  {
    std::lock_guard lock(mutex_);
    stop = stop_;
  }
  if (!stop || stop == told_) return;
  told_ = stop;
  on_phase_(PipelineState::stopping);
  for (std::size_t i = 0; i < sources_.size(); ++i)
    spawn(source_steps_[i]->lane(), stop_source(*sources_[i], *stop));
}

/// Until every source has returned: at the end of its input, or because it was stopped.
Task<> Job::read_to_the_end() {
  const auto all_read = [this] {
    std::lock_guard lock(mutex_);
    return sources_running_ == 0;
  };
  const bool at_intervals = options_.checkpoints.interval > Duration::zero();
  for (;;) {
    std::optional<Alarm> alarm;
    if (at_intervals) alarm.emplace(*this, next_checkpoint_);
    co_await until([&] { return all_read() || checkpoint_due(); });
    alarm.reset();
    if (failed_or_aborted() || all_read()) co_return;
    co_await checkpoint(Moment::running);
  }
}

Task<> Job::stop_source(SourceHead& source, StopMode mode) {
  source.stop(mode);
  co_return;
}

/// Tells each lane once; false when there was no memory to tell them all.
bool Job::abort_lanes() {
  try {
    for (auto& region : lanes_)
      for (auto& state : region) {
        if (state->told_to_abort) continue;
        spawn(*state->lane, abort_lane(*state));
        state->told_to_abort = true;
      }
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

Task<> Job::abort_lane(LaneState& state) {
  state.lane->abort();
  state.ticks_end.request();
  co_return;
}

bool Job::told_to(StopMode mode) const {
  std::lock_guard lock(mutex_);
  return stop_ == mode;
}

std::size_t Job::inboxes() const {
  std::size_t n = 0;
  for (const auto& region : lanes_)
    for (const auto& state : region) n += state->inbox != nullptr;
  return n;
}

/// Ends every loop that is left: by the end of input, which makes sinks flush, or by an abort.
/// Never throws.
Task<> Job::wind_down(const bool& suspended) {
  try {
    if (!failed_or_aborted() && !suspended)
      for (std::size_t i = 0; i < sources_.size(); ++i)
        on_lane(source_steps_[i]->lane(), [source = sources_[i]] { source->end(); });
  } catch (...) {
    failed(std::current_exception());
  }
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (running_ == 0) co_return;
    }
    const bool told = !(suspended || failed_or_aborted()) || abort_lanes();
    if (told)
      co_await changed_.wait();
    else
      co_await yield(*strand_);
  }
}

/// At the end of input as many as the sinks ask for: a commit may leave something to be prepared.
Task<bool> Job::last_checkpoints(bool suspended) {
  for (;;) {
    const bool whole = co_await checkpoint(suspended ? Moment::suspending : Moment::finishing);
    if (!whole || !barrier_->is_unfinished()) co_return whole;
  }
}

Task<Job::Ending> Job::run(Snapshot& last, std::function<void(PipelineState)> on_phase) {
  on_phase_ = std::move(on_phase);
  last_ = &last;
  next_id_ = last.id + 1;
  started_ = env_.clock.monotonic();
  plan_checkpoint(started_);
  bool suspended = false;
  bool whole = false;
  Task<> winding_down = wind_down(suspended);  // now: later there may be no memory for it
  try {
    co_await recover();
    if (!failed_or_aborted()) {
      on_phase_(PipelineState::running);
      start();
      co_await read_to_the_end();
    }
    suspended = told_to(StopMode::suspend);
    if (!failed_or_aborted()) whole = co_await last_checkpoints(suspended);
  } catch (...) {
    failed(std::current_exception());
  }
  co_await winding_down;
  Ending result{.outcome = Outcome::aborted, .error = error_};
  if (whole && suspended)
    result.outcome = Outcome::suspended;
  else if (whole && !told_to(StopMode::abort))
    result.outcome = Outcome::finished;
  co_return result;
}

}  // namespace millrace::runtime
