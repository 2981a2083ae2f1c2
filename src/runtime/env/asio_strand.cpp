// SPDX-License-Identifier: BSL-1.0
#include "asio_strand.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "real_clock.hpp"

namespace millrace::detail {

// Resumes in one turn, so that strands share a thread fairly.
constexpr int turn_length = 64;

AsioStrand::AsioStrand(const Executor& executor, const Executor& blocking)
    : executor_(executor, memory_), blocking_(blocking, memory_), timer_(executor.any()) {
  memory_->reserve();  // for a turn
  memory_->reserve();  // for the timer
}

void AsioStrand::admit() {
  std::lock_guard lock(mutex_);
  const std::size_t room = std::bit_ceil(tasks_ + 1);
  incoming_.reserve(room);
  if (running_.capacity() < room) spare_.reserve(room);
  ++tasks_;
}

void AsioStrand::release() noexcept {
  std::lock_guard lock(mutex_);
  --tasks_;
}

// With the lock, within a turn.
void AsioStrand::take_spare() noexcept {
  if (spare_.capacity() <= running_.capacity()) return;
  spare_.assign(running_.begin(), running_.end());
  running_ = std::exchange(spare_, {});
}

void AsioStrand::post(std::coroutine_handle<> h) {
  std::unique_lock lock(mutex_);
  push(lock, h);
}

// Posts a turn when none is under way; releases the lock first, as the executor has locks too.
void AsioStrand::push(std::unique_lock<std::mutex>& lock, std::coroutine_handle<> h) {
  incoming_.push_back(h);
  const bool idle = !std::exchange(scheduled_, true);
  lock.unlock();
  if (idle) schedule();
}

void AsioStrand::schedule() {
  executor_.post([self = shared_from_this()] { self->turn(); });
}

void AsioStrand::turn() {
  fire_timers();
  for (int i = 0; i < turn_length; ++i) {
    if (next_ == running_.size() && !refill()) return;
    if (const auto h = running_[next_++]) h.resume();
  }
  schedule();
}

// False when there is nothing to do: the turn is over, and another one may start at once.
bool AsioStrand::refill() {
  running_.clear();
  next_ = 0;
  {
    std::lock_guard lock(mutex_);
    take_spare();
    std::swap(running_, incoming_);
  }
  if (!running_.empty()) return true;
  const bool armed = arm_timer();
  std::unique_lock lock(mutex_);
  std::swap(running_, incoming_);
  const bool more = !running_.empty();
  // A timer that came during this turn saw one scheduled and left it to us. Without memory for one
  // turns do its work.
  const bool another_turn = !more && (timer_came_ || !armed);
  scheduled_ = more || another_turn;
  lock.unlock();
  if (another_turn) schedule();
  return more;
}

void AsioStrand::unpost(std::coroutine_handle<> h) noexcept {
  std::replace(running_.begin() + static_cast<std::ptrdiff_t>(next_), running_.end(), h, {});
  std::unique_lock lock(mutex_);
  for (Job& job : jobs_) {
    if (job.handle != h || job.state == Job::State::idle) continue;
    if (job.state == Job::State::queued) job.state = Job::State::dropped;
    // The job uses what the frame owns, so the frame must not go before it has ended.
    job_ended_.wait(lock, [&] { return job.state != Job::State::running; });
  }
  std::erase(incoming_, h);
}

void AsioStrand::wait(Waiter& waiter) { timers_.add(waiter); }

bool AsioStrand::cancel(Waiter& waiter) noexcept { return timers_.remove(waiter); }

void AsioStrand::fire_timers() {
  running_.erase(running_.begin(), running_.begin() + static_cast<std::ptrdiff_t>(next_));
  std::erase(running_, std::coroutine_handle<>{});
  next_ = 0;
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(timer_came_, false)) armed_for_ = MonotonicTime::max();
    take_spare();
  }
  if (timers_.empty()) return;
  const MonotonicTime now = real_monotonic();
  while (!timers_.empty() && timers_.first().when <= now) running_.push_back(timers_.pop().handle);
}

// One that is set for an earlier time stays: it finds nothing due and sets the right one. False
// when there is no memory for it.
bool AsioStrand::arm_timer() {
  if (timers_.empty() || armed_for_ <= timers_.first().when) return true;
  armed_for_ = MonotonicTime::max();
  const MonotonicTime when = timers_.first().when;
  timer_.expires_at(std::chrono::steady_clock::time_point(when.time_since_epoch()));
  try {
    timer_.async_wait(boost::asio::bind_allocator(
        executor_.allocator(), [weak = weak_from_this()](const boost::system::error_code& error) {
          if (error) return;
          if (const auto self = weak.lock()) self->timer_came();
        }));
  } catch (const std::bad_alloc&) {
    return false;
  }
  armed_for_ = when;
  return true;
}

void AsioStrand::timer_came() {
  std::unique_lock lock(mutex_);
  timer_came_ = true;
  const bool idle = !std::exchange(scheduled_, true);
  lock.unlock();
  if (idle) schedule();
}

void AsioStrand::block(BlockingJob& work, std::coroutine_handle<> h) {
  Job* job = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (!idle_jobs_) {
      memory_->reserve();
      idle_jobs_ = &jobs_.emplace_back();
    }
    job = idle_jobs_;
    idle_jobs_ = job->next_idle;
    *job = {Job::State::queued, &work, h, nullptr};
  }
  blocking_.post([self = shared_from_this(), job] { self->run_job(*job); });
}

void AsioStrand::run_job(Job& job) {
  std::unique_lock lock(mutex_);
  const bool dropped = job.state == Job::State::dropped;
  if (!dropped) {
    job.state = Job::State::running;
    lock.unlock();
    job.work->run();
    lock.lock();
    job_ended_.notify_all();
  }
  job.state = Job::State::idle;
  job.next_idle = std::exchange(idle_jobs_, &job);
  if (!dropped) push(lock, job.handle);
}

}  // namespace millrace::detail
