// SPDX-License-Identifier: BSL-1.0
#include "scheduler.hpp"

#include <algorithm>

namespace millrace::sim {

SimScheduler::SimScheduler(std::uint64_t seed, const Options& options)
    : rng_(seed),
      start_(options.start),
      longest_block_(options.longest_block),
      most_turns_at_once_(options.most_turns_at_once) {}

SimScheduler::~SimScheduler() { roots_.destroy_all(); }

std::shared_ptr<Strand> SimScheduler::make_strand() {
  auto strand = std::make_shared<SimStrand>(*this, ++strands_made_);
  strands_.push_back(strand.get());
  return strand;
}

void SimScheduler::spawn(std::shared_ptr<Strand> strand, Task<> root) {
  roots_.spawn(std::move(strand), std::move(root));
}

void SimScheduler::destroy_roots() {
  roots_.destroy_all();
  halted_ = false;
}

bool SimScheduler::run_one(MonotonicTime limit) {
  if (halted_) return false;
  if (next_timer_ <= now_) wake_due();
  while (ready_.empty() && !halted_)
    if (!jump(limit)) return false;
  if (halted_) return false;
  if (++turns_at_once_ > most_turns_at_once_) return false;
  const auto index = static_cast<std::size_t>(rng_.below(ready_.size()));
  SimStrand& strand = *ready_[index];
  const auto h = strand.take();
  if (strand.idle()) {
    ready_[index] = ready_.back();
    ready_.pop_back();
  }
  mix(strand.id_);
  mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  h.resume();
  return true;
}

// Moves the clock to what is due first, when that is not after `limit`.
bool SimScheduler::jump(MonotonicTime limit) {
  MonotonicTime when = MonotonicTime::max();
  for (const SimStrand* strand : strands_)
    if (!strand->timers_.empty()) when = std::min(when, strand->timers_.first().when);
  for (const Job& job : jobs_) when = std::min(when, job.when);
  if (when == MonotonicTime::max() || when > limit) return false;
  advance_to(when);
  wake_due();
  return true;
}

// All that is due becomes ready at once, so that chance decides who goes first.
void SimScheduler::wake_due() {
  next_timer_ = MonotonicTime::max();
  for (SimStrand* strand : strands_) {
    while (!strand->timers_.empty() && strand->timers_.first().when <= now_)
      strand->post(strand->timers_.pop().handle);
    if (!strand->timers_.empty()) next_timer_ = std::min(next_timer_, strand->timers_.first().when);
  }
  for (std::size_t i = 0; i < jobs_.size() && !halted_;)
    if (jobs_[i].when <= now_)
      run_job(i);
    else
      ++i;
}

void SimScheduler::run_job(std::size_t index) {
  const Job job = jobs_[index];
  jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(index));
  job.work->run();
  job.strand->post(job.handle);
}

bool SimScheduler::can_go_on() const {
  return !ready_.empty() || !jobs_.empty() ||
         std::any_of(strands_.begin(), strands_.end(),
                     [](const SimStrand* strand) { return !strand->timers_.empty(); });
}

void SimScheduler::advance_to(MonotonicTime t) {
  if (t <= now_) return;
  now_ = t;
  turns_at_once_ = 0;
}

void SimScheduler::mix(std::uint64_t value) { trace_ = SeededRng(trace_ ^ value).next(); }

SimStrand::SimStrand(SimScheduler& scheduler, std::uint64_t id) : scheduler_(scheduler), id_(id) {}

SimStrand::~SimStrand() {
  std::erase(scheduler_.strands_, this);
  std::erase(scheduler_.ready_, this);
  std::erase_if(scheduler_.jobs_, [&](const auto& job) { return job.strand == this; });
}

void SimStrand::post(std::coroutine_handle<> h) {
  if (idle()) {
    queue_.clear();
    next_ = 0;
    scheduler_.ready_.push_back(this);
  }
  queue_.push_back(h);
}

std::coroutine_handle<> SimStrand::take() {
  const auto h = queue_[next_++];
  // A queue that never runs empty must not grow for ever.
  if (next_ >= 64 && next_ * 2 >= queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(next_));
    next_ = 0;
  }
  return h;
}

void SimStrand::unpost(std::coroutine_handle<> h) noexcept {
  std::erase_if(scheduler_.jobs_, [&](const auto& job) { return job.handle == h; });
  if (idle()) return;
  const auto from = queue_.begin() + static_cast<std::ptrdiff_t>(next_);
  queue_.erase(std::remove(from, queue_.end(), h), queue_.end());
  if (idle()) std::erase(scheduler_.ready_, this);
}

void SimStrand::wait(Waiter& waiter) {
  timers_.add(waiter);
  scheduler_.next_timer_ = std::min(scheduler_.next_timer_, waiter.when);
}

bool SimStrand::cancel(Waiter& waiter) noexcept { return timers_.remove(waiter); }

void SimStrand::block(BlockingJob& job, std::coroutine_handle<> h) {
  const auto longest = static_cast<std::uint64_t>(scheduler_.longest_block_.count());
  const Duration delay{static_cast<Duration::rep>(scheduler_.rng_.below(longest + 1))};
  scheduler_.jobs_.push_back({scheduler_.now_ + delay, this, &job, h});
}

}  // namespace millrace::sim
