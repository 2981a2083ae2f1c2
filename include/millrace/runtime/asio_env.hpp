// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"

namespace millrace {

/// The Env of a real process on executors that the caller runs: tasks go on on `executor`, on as
/// many threads as it has, which are `threads` when that is known; blocking work runs on
/// `blocking`, which should not be the same. Threads: makes none. Lifetime: destroyed when no task
/// is left, or when no thread runs the executors any more; what it has posted may outlive it.
class MILLRACE_EXPORT AsioEnv {
 public:
  AsioEnv(boost::asio::any_io_executor executor, boost::asio::any_io_executor blocking,
          Logger* logger = nullptr, unsigned threads = 0);
  ~AsioEnv();
  AsioEnv(const AsioEnv&) = delete;
  AsioEnv& operator=(const AsioEnv&) = delete;

  Env& env();
  /// Spawned tasks that have not ended. Threads: any.
  std::size_t roots() const;
  /// Destroys every task that has not ended. Threads: none may run tasks meanwhile.
  void destroy_tasks();
  /// Calls `f(context)` whenever the last task has ended, on its thread. Set before the first task.
  void on_last_task(void (*f)(void*), void* context);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
