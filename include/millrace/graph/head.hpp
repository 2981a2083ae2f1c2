// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <vector>

#include "millrace/core/sink.hpp"
#include "millrace/core/task.hpp"
#include "millrace/graph/barrier.hpp"

namespace millrace {

/// What drives a lane: the loop that takes records from outside the strand and pushes them.
class Head {
 public:
  virtual ~Head() = default;
  /// Runs until the end of input, or until the lane is stopped or aborted. Errors: what its steps
  /// throw.
  virtual Task<> run() = 0;
};

/// How a pipeline ends before its input does.
enum class StopMode : unsigned char {
  suspend,  ///< no final watermark: positions and state go into a snapshot that the next start
            ///< reads
  finish,   ///< as at the end of input: final watermark, every window fires, everything is flushed
  abort,    ///< at once: nothing more is written, the next start begins from the last snapshot
};

/// A source at the head of its lane. Threads: its lane's strand.
class SourceHead : public Head {
 public:
  /// Reads no more; run() returns after what was read has been delivered. At the end of input, and
  /// under StopMode::finish, the final watermark goes out before that.
  virtual void stop(StopMode mode) = 0;
  /// Puts a barrier behind everything pushed so far.
  virtual void inject(Barrier& barrier) = 0;
  /// Nothing will come any more. After run() has returned and what was prepared is committed.
  virtual void end() = 0;
};

/// A sink's loop, which writes what its step has queued. Threads: its lane's strand.
class SinkHead : public Head {
 public:
  virtual bool two_phase() const = 0;
  /// False for a sink that has no commit().
  virtual bool commits() const = 0;
  /// What the restored checkpoint lists.
  virtual void restore(std::vector<Committable> listed) = 0;
  /// Commits again what restore() gave; then, when all sinks have done so, drops what no checkpoint
  /// lists. Both before run().
  virtual Task<> commit_restored() = 0;
  virtual Task<> abort_unlisted() = 0;
  /// The decision has fallen: make them visible, in order, then tell the barrier.
  virtual void commit(std::vector<Committable> decided, Barrier& barrier) = 0;
};

}  // namespace millrace
