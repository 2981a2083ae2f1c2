// SPDX-License-Identifier: BSL-1.0
#pragma once
// The only header with Asio that a pipeline's user needs; it costs about a second to compile.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "millrace/runtime/asio_env.hpp"
#include "millrace/runtime/pipeline.hpp"

namespace millrace {

/// The completion that every asynchronous run ends with: no exception, or the one that
/// Pipeline::run() would throw.
using RunSignature = void(std::exception_ptr, Outcome);

namespace detail {

/// What lives from the start of an asynchronous run to its completion.
template <class Handler>
struct AsyncRun : std::enable_shared_from_this<AsyncRun<Handler>> {
  AsyncRun(Pipeline& p, boost::asio::any_io_executor e, boost::asio::any_io_executor blocking,
           Handler h)
      : pipeline(p), executor(e), env(e, blocking), handler(std::move(h)), work(executor) {}

  void start() {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected())
      slot.assign([self = this->weak_from_this()](boost::asio::cancellation_type) {
        if (auto run = self.lock()) run->pipeline.stop(StopMode::suspend);
      });
    self = this->shared_from_this();
    env.on_last_task([](void* run) { static_cast<AsyncRun*>(run)->ended(); }, this);
    auto strand = env.env().scheduler.make_strand();
    env.env().scheduler.spawn(strand, execute(strand));
  }
  Task<> execute(std::shared_ptr<Strand> strand) {
    try {
      outcome = co_await pipeline.execute(env.env(), strand);
    } catch (...) {
      error = std::current_exception();
    }
  }
  /// The last task is just ending on this stack, so its Env goes a turn later.
  void ended() {
    boost::asio::post(executor, [run = std::move(self)]() mutable {
      auto slot = boost::asio::get_associated_cancellation_slot(run->handler);
      if (slot.is_connected()) slot.clear();
      auto target = boost::asio::get_associated_executor(run->handler, run->executor);
      auto complete = [h = std::move(run->handler), e = run->error, o = run->outcome]() mutable {
        std::move(h)(e, o);
      };
      run.reset();
      boost::asio::dispatch(target, std::move(complete));
    });
  }

  Pipeline& pipeline;
  boost::asio::any_io_executor executor;
  AsioEnv env;
  Handler handler;
  boost::asio::executor_work_guard<boost::asio::any_io_executor> work;
  std::shared_ptr<AsyncRun> self;
  Outcome outcome = Outcome::aborted;
  std::exception_ptr error;
};

}  // namespace detail

/// Runs a pipeline on the caller's executors and completes with RunSignature.
/// `executor` runs everything, on as many threads as it has; `blocking` runs calls that block
/// (files), so it should be another one, such as a thread_pool of one thread.
/// Threads: makes none. Signals are the caller's business. Cancellation of the token suspends, as
/// Pipeline::stop() does. Lifetime: the pipeline outlives the completion.
template <class CompletionToken>
auto async_run(Pipeline& pipeline, boost::asio::any_io_executor executor,
               boost::asio::any_io_executor blocking, CompletionToken&& token) {
  return boost::asio::async_initiate<CompletionToken, RunSignature>(
      [](auto handler, Pipeline* p, boost::asio::any_io_executor e,
         boost::asio::any_io_executor b) {
        using Handler = decltype(handler);
        std::make_shared<detail::AsyncRun<Handler>>(*p, std::move(e), std::move(b),
                                                    std::move(handler))
            ->start();
      },
      token, &pipeline, std::move(executor), std::move(blocking));
}

}  // namespace millrace
