// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "millrace/core/clock.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/core/root.hpp"
#include "millrace/core/scheduler.hpp"
#include "millrace/core/timer_heap.hpp"
#include "millrace/sim/env.hpp"

namespace millrace::sim {

class SimStrand;

/// One thread, one seed: a random strand that has something ready goes on next; when none has, the
/// clock jumps to the next timer or blocking job.
class SimScheduler final : public Scheduler, public Clock {
 public:
  SimScheduler(std::uint64_t seed, const Options& options);
  ~SimScheduler() override;

  std::shared_ptr<Strand> make_strand() override;
  void spawn(std::shared_ptr<Strand> strand, Task<> root) override;
  MonotonicTime monotonic() const override { return now_; }
  Timestamp wall() const override { return start_ + to_duration(now_) + wall_offset_; }

  /// One turn of one strand; false when nothing is ready before `limit`, and when tasks spin.
  bool run_one(MonotonicTime limit);
  /// Tasks go on and on while no time passes.
  bool spins() const { return turns_at_once_ > most_turns_at_once_; }
  /// Something is ready, or will be at some time.
  bool can_go_on() const;
  void advance_to(MonotonicTime t);
  void step_wall(Duration d) { wall_offset_ += d; }
  void set_longest_block(Duration d) { longest_block_ = d; }
  /// Nothing goes on until the roots are destroyed.
  void halt() { halted_ = true; }
  bool halted() const { return halted_; }
  void destroy_roots();
  std::size_t roots() const { return roots_.count(); }
  std::uint64_t trace_hash() const { return trace_; }

 private:
  friend class SimStrand;
  struct Job {
    MonotonicTime when;
    SimStrand* strand;
    BlockingJob* work;
    std::coroutine_handle<> handle;
  };

  static Duration to_duration(MonotonicTime t) {
    return std::chrono::floor<Duration>(t.time_since_epoch());
  }
  bool jump(MonotonicTime limit);
  void wake_due();
  void run_job(std::size_t index);
  void mix(std::uint64_t value);

  SeededRng rng_;
  Timestamp start_;
  Duration wall_offset_{};
  Duration longest_block_;
  std::uint64_t most_turns_at_once_;
  std::uint64_t turns_at_once_ = 0;
  bool halted_ = false;
  MonotonicTime now_{};
  MonotonicTime next_timer_ = MonotonicTime::max();  // no timer is earlier
  std::uint64_t trace_ = 0xcbf29ce484222325ull;
  std::uint64_t strands_made_ = 0;
  std::vector<SimStrand*> strands_;  // in order of making, so that a run repeats itself
  std::vector<SimStrand*> ready_;
  std::vector<Job> jobs_;
  detail::Roots roots_;  // last: its frames use everything above while they are destroyed
};

class SimStrand final : public Strand {
 public:
  SimStrand(SimScheduler& scheduler, std::uint64_t id);
  ~SimStrand() override;
  void post(std::coroutine_handle<> h) override;
  void unpost(std::coroutine_handle<> h) noexcept override;
  void wait(Waiter& waiter) override;
  bool cancel(Waiter& waiter) noexcept override;
  void block(BlockingJob& job, std::coroutine_handle<> h) override;

 private:
  friend class SimScheduler;
  SimScheduler& scheduler_;
  const std::uint64_t id_;
  bool idle() const { return next_ == queue_.size(); }
  std::coroutine_handle<> take();
  std::vector<std::coroutine_handle<>> queue_;
  std::size_t next_ = 0;  // what stands before it has been taken
  detail::TimerHeap timers_;
};

}  // namespace millrace::sim
