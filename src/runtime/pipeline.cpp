// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/pipeline.hpp"

#include <algorithm>
#include <new>

#include "millrace/core/wait.hpp"
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

Task<std::unique_ptr<File>> Pipeline::Impl::lock_state(Env& env, Strand& strand) {
  if (options_.state_directory.empty()) co_return nullptr;
  auto locked = co_await blocking(strand, [&]() -> Result<std::unique_ptr<File>> {
    const std::string& directory = options_.state_directory;
    if (auto made = env.fs.make_directories(directory); !made) return made.take_error();
    auto file = env.fs.open(directory + "/LOCK", OpenMode::create);
    if (!file) return file;
    Result<bool> mine = (*file)->try_lock();
    if (!mine) return mine.take_error();
    if (!*mine)
      return Error(Errc::conflict, "state directory " + directory +
                                       ": another process runs on it; stop that one, or give this "
                                       "one a directory of its own");
    return file;
  });
  co_return std::move(locked).value();
}

Task<runtime::Snapshot> Pipeline::Impl::read_state(Env& env, Strand& strand) {
  runtime::Snapshot none{.pipeline = graph_->name()};
  if (options_.state_directory.empty()) co_return none;
  auto read = co_await blocking(
      strand, [&] { return runtime::read_snapshot(env.fs, options_.state_directory); });
  std::optional<runtime::Snapshot> snapshot = std::move(read).value();
  if (!snapshot) co_return none;
  if (snapshot->pipeline != graph_->name())
    throw Failure({Errc::conflict, "state directory " + options_.state_directory +
                                       ": its snapshot is of pipeline \"" + snapshot->pipeline +
                                       "\", this one is \"" + graph_->name() + "\""});
  co_return std::move(*snapshot);
}

Task<runtime::Job::Ending> Pipeline::Impl::attempt(Env& env, std::shared_ptr<Strand> strand,
                                                   runtime::Snapshot& last) {
  set_state(PipelineState::restoring);
  runtime::Job job(env, strand, plan_, options_);
  job.restore(last).value();
  const CurrentJob current(*this, job);
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

Task<Outcome> Pipeline::Impl::execute(Env& env, std::shared_ptr<Strand> strand) {
  std::exception_ptr thrown;
  Outcome outcome = Outcome::finished;
  try {
    check_second_run();
    const std::unique_ptr<File> lock = co_await lock_state(env, *strand);
    runtime::Snapshot last = co_await read_state(env, *strand);
    for (unsigned restarts = 0;; ++restarts) {
      const runtime::Job::Ending result = co_await attempt(env, strand, last);
      outcome = result.outcome;
      if (!result.error) break;
      const Error error = error_of(result.error);
      if (options_.observer) options_.observer->on_failure(error);
      set_state(PipelineState::failing, error.message());
      if (!may_restart(restarts)) throw Failure(error);
      co_await pause(env, strand, restarts + 1);
      std::lock_guard guard(mutex_);
      ++status_.restarts;
    }
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
