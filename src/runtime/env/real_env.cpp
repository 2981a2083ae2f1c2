// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/real_env.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "millrace/runtime/asio_env.hpp"

namespace millrace {

struct RealEnv::Impl {
  explicit Impl(const RealEnvOptions& o)
      : threads(std::max(1u, o.threads)),
        loop(static_cast<int>(threads)),
        blocking_work(boost::asio::make_work_guard(blocking_loop)),
        asio(loop.get_executor(), blocking_loop.get_executor(), o.logger, threads) {
    asio.on_last_task([](void* self) { static_cast<Impl*>(self)->last_task_ended(); }, this);
    start(blocking_threads, std::max(1u, o.blocking_threads), blocking_loop);
  }
  // First no thread runs any more, then the frames go, then the loops with what they still hold.
  ~Impl() {
    blocking_loop.stop();
    blocking_threads.clear();
    asio.destroy_tasks();
  }

  // When the system has no thread left, those that were made end before the exception goes on.
  static void start(std::vector<std::jthread>& on, unsigned n, boost::asio::io_context& context) {
    try {
      while (on.size() < n) on.emplace_back([&] { context.run(); });
    } catch (...) {
      context.stop();
      throw;
    }
  }

  void wait_for_signal() {
    signals->async_wait([this](const boost::system::error_code& cancelled, int) {
      if (cancelled) return;
      signalled();
      wait_for_signal();
    });
  }

  void last_task_ended() {
    if (asio.roots() == 0) loop.stop();
  }

  unsigned threads;
  boost::asio::io_context loop;
  boost::asio::io_context blocking_loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> blocking_work;
  AsioEnv asio;
  // Only where signals are handled: Asio's side of it is the whole process's, and can't stand that
  // memory runs out as it is made.
  std::optional<boost::asio::signal_set> signals;
  std::function<void()> signalled;
  std::vector<std::jthread> blocking_threads;
};

RealEnv::RealEnv(RealEnvOptions options) : impl_(std::make_unique<Impl>(options)) {}
RealEnv::~RealEnv() = default;

Env& RealEnv::env() { return impl_->asio.env(); }

void RealEnv::run() {
  Impl& i = *impl_;
  if (i.asio.roots() == 0) return;
  const auto work = boost::asio::make_work_guard(i.loop);
  {
    std::vector<std::jthread> workers;
    Impl::start(workers, i.threads - 1, i.loop);
    i.loop.run();
  }
  i.loop.restart();
}

void RealEnv::on_termination_signal(std::function<void()> f) {
  impl_->signalled = std::move(f);
  impl_->signals.emplace(impl_->loop, SIGINT, SIGTERM);
  impl_->wait_for_signal();
}

void RealEnv::stop() { impl_->loop.stop(); }

}  // namespace millrace
