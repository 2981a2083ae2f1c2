// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string_view>
#include <utility>

#include "millrace/core/arena.hpp"
#include "millrace/core/env.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/core/wait.hpp"

namespace millrace {

/// What a source or a sink may use while it runs: the Env, its strand, the stop flag, arenas.
/// Threads: the strand of the call it was given to. Lifetime: as long as the pipeline runs.
class Context {
 public:
  Context(Env& env, Strand& strand, StopFlag& stop, ArenaPool& arenas, std::string_view step,
          std::uint32_t batch_records = 256)
      : env_(env),
        strand_(strand),
        stop_(stop),
        arenas_(arenas),
        step_(step),
        batch_records_(batch_records) {}

  Env& env() { return env_; }
  Strand& strand() { return strand_; }
  ArenaPool& arenas() { return arenas_; }
  /// Name of the step, for messages.
  std::string_view step() const { return step_; }
  /// The most records that one read() may append.
  std::uint32_t batch_records() const { return batch_records_; }

  /// The pipeline is stopping: end what waits, without error.
  bool stopping() const { return stop_.requested(); }
  StopFlag& stop() { return stop_; }
  /// `co_await cx.sleep_for(10ms)`: true when the time has passed, false when the pipeline stops.
  Sleep sleep_for(Duration d) { return sleep_until(env_.clock.monotonic() + d); }
  Sleep sleep_until(MonotonicTime t) { return Sleep(strand_, stop_, t); }
  /// `co_await cx.blocking([&] { return file.sync(); })`: runs it where it may block.
  template <class F>
  Blocking<F> blocking(F f) {
    return millrace::blocking(strand_, std::move(f));
  }

 private:
  Env& env_;
  Strand& strand_;
  StopFlag& stop_;
  ArenaPool& arenas_;
  std::string_view step_;
  std::uint32_t batch_records_;
};

}  // namespace millrace
