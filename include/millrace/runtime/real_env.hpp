// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <functional>
#include <memory>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"

namespace millrace {

struct RealEnvOptions {
  unsigned threads = 1;           ///< that run tasks, the one that calls run() among them
  unsigned blocking_threads = 1;  ///< that run blocking work; at least one
  Logger* logger = nullptr;       ///< where messages go; nowhere when null
};

/// The Env of a real process: an event loop of its own, the operating system's clocks, files and
/// TCP.
/// Threads: `blocking_threads` from construction to destruction, for Strand::block();
/// `threads - 1` more while run() runs; no others. All members but stop() and env() belong to the
/// one who made it.
/// Lifetime: outlives everything that was given its Env; destroying it destroys tasks that have not
/// ended. Errors: std::system_error when a thread or the event loop can't be made.
class MILLRACE_EXPORT RealEnv {
 public:
  explicit RealEnv(RealEnvOptions options = {});
  ~RealEnv();
  RealEnv(const RealEnv&) = delete;
  RealEnv& operator=(const RealEnv&) = delete;

  Env& env();
  /// Runs tasks until none that was spawned is left, or stop(). May be called again.
  void run();
  /// Calls `f` on a thread of run() at each SIGINT and SIGTERM, which then no longer end the
  /// process. Set before run().
  void on_termination_signal(std::function<void()> f);
  /// Makes run() return soon, whatever is left. Threads: any.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
