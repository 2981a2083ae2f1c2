// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/pipeline.hpp"

#include <algorithm>
#include <new>

#include "millrace/core/wait.hpp"
#include "millrace/runtime/directory_checkpoint_store.hpp"
#include "runtime/guarantees.hpp"
#include "runtime/pipeline_impl.hpp"

namespace millrace {

Pipeline::Pipeline(Topology topology, PipelineOptions options)
    : impl_(std::make_unique<Impl>(std::move(topology).release(), std::move(options))) {}
Pipeline::~Pipeline() = default;

Task<Outcome> Pipeline::execute(Env& env, std::shared_ptr<Strand> strand) {
  return impl_->execute(env, std::move(strand));
}
void Pipeline::stop(StopMode mode) { impl_->stop(mode); }
void Pipeline::checkpoint() { impl_->checkpoint(); }
PipelineStatus Pipeline::status() const { return impl_->status(); }
PipelineMetrics Pipeline::metrics() const { return impl_->metrics(); }
std::vector<PathGuarantee> Pipeline::guarantees() const {
  return runtime::guarantees_of(impl_->graph(), impl_->options());
}
std::string Pipeline::text() const { return describe_text(impl_->graph()); }
std::string Pipeline::mermaid() const { return describe_mermaid(impl_->graph()); }
std::string Pipeline::json() const { return describe_json(impl_->graph()); }

Pipeline::Impl::Impl(std::unique_ptr<Graph> graph, PipelineOptions options)
    : graph_(std::move(graph)), options_(std::move(options)) {
  graph_->close();
  plan_ = runtime::make_plan(*graph_, options_.parallelism);
}

void Pipeline::Impl::stop(StopMode mode) {
  std::lock_guard lock(mutex_);
  if (!stop_ || mode == StopMode::abort) stop_ = mode;
  if (job_) job_->request_stop(*stop_);
  if (pause_) pause_->scheduler.spawn(pause_->strand, end_pause(pause_));
}

void Pipeline::Impl::checkpoint() {
  std::lock_guard lock(mutex_);
  if (job_) job_->request_checkpoint();
}

PipelineStatus Pipeline::Impl::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

PipelineMetrics Pipeline::Impl::metrics() const {
  std::lock_guard lock(mutex_);
  return job_ ? job_->metrics() : last_metrics_;
}

void Pipeline::Impl::set_state(PipelineState state, std::string reason) {
  PipelineStatus now;
  {
    std::lock_guard lock(mutex_);
    status_.state = state;
    if (!reason.empty()) status_.reason = std::move(reason);
    now = status_;
  }
  if (options_.observer) options_.observer->on_state(now);
}

Error Pipeline::Impl::error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Failure& failure) {
    return failure.error();
  } catch (const std::bad_alloc&) {
    return {Errc::limit_exceeded, "out of memory; lower flow_budget and state_budget"};
  } catch (const std::exception& e) {
    return {Errc::user_code, e.what()};
  } catch (...) {
    return {Errc::user_code, "something that is no std::exception was thrown"};
  }
}

std::shared_ptr<CheckpointStore> Pipeline::Impl::checkpoint_store(Env& env) const {
  if (options_.checkpoint_store) return options_.checkpoint_store;
  if (options_.state_directory.empty()) return nullptr;
  return std::make_shared<DirectoryCheckpointStore>(env.fs, options_.state_directory);
}

Task<runtime::Snapshot> Pipeline::Impl::read_state(Env& env, runtime::Checkpoints& checkpoints,
                                                   Strand& strand, CheckpointId from) {
  std::vector<std::string> warnings;
  auto read = co_await blocking(strand, [&]() -> Result<std::optional<runtime::Snapshot>> {
    env.faults.reached("restore.begin");
    if (options_.divert_directory.empty())
      if (auto epoch = checkpoints.begin(); !epoch) return epoch.take_error();
    env.faults.reached("restore.locked");
    if (from == 0) return checkpoints.newest(warnings, runtime::Checkpoints::Items::left);
    auto named = checkpoints.named(from, runtime::Checkpoints::Items::left);
    if (!named) return named.take_error();
    return std::optional(std::move(*named));
  });
  env.faults.reached("restore.read");
  if (options_.observer)
    for (const std::string& warning : warnings) options_.observer->on_warning(warning);
  std::optional<runtime::Snapshot> found = std::move(read).value();
  if (!found) co_return runtime::Snapshot{.pipeline = graph_->name()};
  if (found->pipeline != graph_->name())
    throw Failure({Errc::conflict, "the checkpoint is of pipeline \"" + found->pipeline +
                                       "\", this one is \"" + graph_->name() + "\""});
  co_return std::move(*found);
}

Task<runtime::Job::Ending> Pipeline::Impl::attempt(Env& env, std::shared_ptr<Strand> strand,
                                                   runtime::Checkpoints* checkpoints,
                                                   runtime::Snapshot& last) {
  set_state(PipelineState::restoring);
  runtime::Job job(env, strand, plan_, options_, checkpoints);
  // Before it restores, so that what is measured meanwhile is not that of the run that failed.
  const CurrentJob current(*this, job);
  const Result<void> restored = co_await blocking(*strand, [&] { return job.restore(last); });
  restored.value();
  co_return co_await job.run(last, [this](PipelineState state) { set_state(state); });
}

bool Pipeline::Impl::may_restart(unsigned restarts) const {
  std::lock_guard lock(mutex_);
  return restarts < options_.restart.attempts && !stop_ &&
         std::ranges::all_of(plan_.nodes, [](const auto& n) { return n.node->repeatable(); });
}

Task<> Pipeline::Impl::pause(Env& env, std::shared_ptr<Strand> strand, unsigned restart) {
  Duration delay = options_.restart.delay;
  for (unsigned i = 1; i < restart && delay < options_.restart.longest_delay; ++i) delay *= 2;
  const auto pause = std::make_shared<Pause>(Pause{env.scheduler, strand});
  {
    std::lock_guard lock(mutex_);
    if (stop_) co_return;
    pause_ = pause;
  }
  Sleep nap(*strand, pause->over,
            env.clock.monotonic() + std::min(delay, options_.restart.longest_delay));
  co_await nap;
  std::lock_guard lock(mutex_);
  pause_ = nullptr;
}

Task<> Pipeline::Impl::end_pause(std::shared_ptr<Pause> pause) {
  pause->over.request();
  co_return;
}

void Pipeline::Impl::check_second_run() {
  if (!std::exchange(ran_, true)) return;
  for (const auto& planned : plan_.nodes)
    if (!planned.node->repeatable())
      throw Failure({Errc::conflict, "step \"" + planned.node->name().text +
                                         "\": its function can't be copied and went into the "
                                         "run before; make a new Pipeline for each run"});
}

Task<Outcome> Pipeline::Impl::run_with_restarts(Env& env, std::shared_ptr<Strand> strand) {
  const std::shared_ptr<CheckpointStore> store = checkpoint_store(env);
  std::optional<runtime::Checkpoints> checkpoints;
  runtime::Snapshot last{.pipeline = graph_->name()};
  if (store) {
    checkpoints.emplace(*store, env.clock, graph_->name());
    last = co_await read_state(env, *checkpoints, *strand, options_.checkpoints.restore_from);
  }
  const bool writing = checkpoints && options_.divert_directory.empty();
  for (unsigned restarts = 0;; ++restarts) {
    const runtime::Job::Ending result =
        co_await attempt(env, strand, writing ? &*checkpoints : nullptr, last);
    if (!result.error) co_return result.outcome;
    const Error error = error_of(result.error);
    if (options_.observer) options_.observer->on_failure(error);
    set_state(PipelineState::failing, error.message());
    if (!may_restart(restarts)) throw Failure(error);
    co_await pause(env, strand, restarts + 1);
    // In memory is only what no store has.
    if (writing && checkpoints->tried()) last = co_await read_state(env, *checkpoints, *strand, 0);
    std::lock_guard guard(mutex_);
    ++status_.restarts;
  }
}

Task<Outcome> Pipeline::Impl::execute(Env& env, std::shared_ptr<Strand> strand) {
  std::exception_ptr thrown;
  Outcome outcome = Outcome::finished;
  try {
    check_second_run();
    outcome = co_await run_with_restarts(env, strand);
  } catch (...) {
    thrown = std::current_exception();
  }
  {
    std::lock_guard guard(mutex_);
    stop_.reset();  // it was for this run
  }
  if (thrown) {
    const Error error = error_of(thrown);
    set_state(PipelineState::failed, error.message());
    if (options_.observer) options_.observer->on_end(metrics());
    throw Failure(error);
  }
  set_state(outcome == Outcome::finished    ? PipelineState::finished
            : outcome == Outcome::suspended ? PipelineState::suspended
                                            : PipelineState::aborted);
  if (options_.observer) options_.observer->on_end(metrics());
  co_return outcome;
}

}  // namespace millrace
