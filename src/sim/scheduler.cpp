// SPDX-License-Identifier: BSL-1.0
#include "scheduler.hpp"

#include <algorithm>

namespace millrace::sim {

SimScheduler::SimScheduler(std::uint64_t seed, Timestamp start, Duration longest_block)
    : rng_(seed), start_(start), longest_block_(longest_block) {}

SimScheduler::~SimScheduler() { roots_.destroy_all(); }

std::shared_ptr<Strand> SimScheduler::make_strand() {
  auto strand = std::make_shared<SimStrand>(*this, ++strands_made_);
  strands_.push_back(strand.get());
  return strand;
}

void SimScheduler::spawn(std::shared_ptr<Strand> strand, Task<> root) {
  roots_.spawn(std::move(strand), std::move(root));
}

void SimScheduler::destroy_roots() { roots_.destroy_all(); }

bool SimScheduler::run_one(MonotonicTime limit) {
  while (ready_.empty())
    if (!wake_next(limit)) return false;
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

// Jumps to whatever is due first. Jobs win ties, and among themselves the one that started first.
bool SimScheduler::wake_next(MonotonicTime limit) {
  SimStrand* sleeper = nullptr;
  for (SimStrand* strand : strands_) {
    if (strand->timers_.empty()) continue;
    if (!sleeper || strand->timers_.first().when < sleeper->timers_.first().when) sleeper = strand;
  }
  const auto job = std::min_element(jobs_.begin(), jobs_.end(),
                                    [](const Job& a, const Job& b) { return a.when < b.when; });
  const bool job_first =
      job != jobs_.end() && (!sleeper || job->when <= sleeper->timers_.first().when);
  if (!job_first && !sleeper) return false;
  const MonotonicTime when = job_first ? job->when : sleeper->timers_.first().when;
  if (when > limit) return false;
  now_ = std::max(now_, when);
  if (job_first)
    run_job(static_cast<std::size_t>(job - jobs_.begin()));
  else
    sleeper->post(sleeper->timers_.pop().handle);
  return true;
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

void SimScheduler::advance_to(MonotonicTime t) { now_ = std::max(now_, t); }

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

void SimStrand::wait(Waiter& waiter) { timers_.add(waiter); }

bool SimStrand::cancel(Waiter& waiter) noexcept { return timers_.remove(waiter); }

void SimStrand::block(BlockingJob& job, std::coroutine_handle<> h) {
  const auto longest = static_cast<std::uint64_t>(scheduler_.longest_block_.count());
  const Duration delay{static_cast<Duration::rep>(scheduler_.rng_.below(longest + 1))};
  scheduler_.jobs_.push_back({scheduler_.now_ + delay, this, &job, h});
}

}  // namespace millrace::sim
