// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "executor.hpp"
#include "millrace/core/scheduler.hpp"
#include "millrace/core/timer_heap.hpp"

namespace millrace::detail {

/// A strand on an Asio executor: a queue of its own, which costs the executor one post a turn and
/// not one a task.
class AsioStrand final : public Strand, public std::enable_shared_from_this<AsioStrand> {
 public:
  AsioStrand(const Executor& executor, const Executor& blocking);
  void admit() override;
  void release() noexcept override;
  void post(std::coroutine_handle<> h) override;
  void unpost(std::coroutine_handle<> h) noexcept override;
  void wait(Waiter& waiter) override;
  bool cancel(Waiter& waiter) noexcept override;
  void block(BlockingJob& job, std::coroutine_handle<> h) override;

 private:
  struct Job {
    enum class State : unsigned char { idle, queued, running, dropped } state = State::idle;
    BlockingJob* work = nullptr;
    std::coroutine_handle<> handle;
    Job* next_idle = nullptr;
  };

  void schedule();
  void turn();
  bool refill();
  void take_spare() noexcept;
  void fire_timers();
  bool arm_timer();
  void timer_came();
  void run_job(Job& job);
  void push(std::unique_lock<std::mutex>& lock, std::coroutine_handle<> h);

  const std::shared_ptr<HandlerMemory> memory_ = std::make_shared<HandlerMemory>();
  const Executor executor_;
  const Executor blocking_;

  std::mutex mutex_;  // guards the next block
  std::size_t tasks_ = 0;
  std::vector<std::coroutine_handle<>> incoming_;  // these three have room for all of them
  std::vector<std::coroutine_handle<>> spare_;     // to become running_, when that is too small
  bool scheduled_ = false;                         // a turn is posted or runs
  bool timer_came_ = false;
  std::deque<Job> jobs_;  // never shrinks: as many as were ever in flight at once
  Job* idle_jobs_ = nullptr;
  std::condition_variable job_ended_;

  // Only within a turn.
  std::vector<std::coroutine_handle<>> running_;
  std::size_t next_ = 0;
  TimerHeap timers_;
  boost::asio::steady_timer timer_;
  MonotonicTime armed_for_ = MonotonicTime::max();
};

}  // namespace millrace::detail
