// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coroutine>
#include <cstddef>
#include <memory>

#include "millrace/core/task.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

/// A suspended coroutine that waits for a time on a strand. Lives in the awaiter, so waiting does
/// not allocate. The awaiter's destructor cancels it.
struct Waiter {
  std::coroutine_handle<> handle;
  MonotonicTime when{};
  static constexpr std::size_t not_waiting = static_cast<std::size_t>(-1);
  std::size_t heap_index = not_waiting;  ///< the strand's own business
};

/// Work that may block; run() is called once, on a blocking thread.
class BlockingJob {
 public:
  virtual void run() noexcept = 0;

 protected:
  ~BlockingJob() = default;
};

/// A queue of coroutines that are resumed one at a time, in the order they were posted.
class Strand {
 public:
  virtual ~Strand() = default;
  /// One task more is going to be resumed here: makes room for it, so that post() and what else
  /// resumes it needs no memory. Errors: std::bad_alloc. Threads: any.
  virtual void admit() {}
  /// That task has ended. Threads: any.
  virtual void release() noexcept {}
  /// Resumes `h` on this strand, later. A task waits for one thing at a time. Threads: any.
  virtual void post(std::coroutine_handle<> h) = 0;
  /// Takes back every post() of `h` that has not run yet. Called from the destructors of awaiters,
  /// so that a frame that is destroyed while suspended is never resumed. Threads: this strand, or
  /// when nothing runs on it any more.
  virtual void unpost(std::coroutine_handle<> h) noexcept = 0;
  /// Resumes waiter.handle at waiter.when or later. Threads: this strand.
  virtual void wait(Waiter& waiter) = 0;
  /// Takes the waiter back: true when it was waiting and will not be resumed, false when it was not
  /// waiting or its resumption is already on its way. Threads: this strand.
  virtual bool cancel(Waiter& waiter) noexcept = 0;
  /// Runs job.run() on a thread that may block, then resumes `h` here. Threads: this strand.
  /// Lifetime: the job lives until `h` is resumed; a real strand is drained before it is destroyed.
  virtual void block(BlockingJob& job, std::coroutine_handle<> h) = 0;
};

/// Makes strands and owns the tasks that nobody awaits.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// How many strands run at the same time; 0 when that is not known.
  virtual unsigned threads() const { return 0; }
  /// A strand of its own. Errors: std::bad_alloc.
  virtual std::shared_ptr<Strand> make_strand() = 0;
  /// Runs `root` on `strand` until it ends. The scheduler owns it: a simulated crash destroys it.
  /// An exception that leaves `root` is a bug of whoever spawned it: it terminates the process.
  /// Threads: any.
  virtual void spawn(std::shared_ptr<Strand> strand, Task<> root) = 0;
};

}  // namespace millrace
