// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/emitter.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/graph/ring_queue.hpp"

namespace millrace::detail {

/// A step whose records, and events, may give any number of results: it stops between two records
/// when the lane has no credit, keeps the rest of its batch and goes on when there is room again.
/// What comes meanwhile waits behind it, in order.
/// Shape: what one record gives leaves whole. Cost: nothing until it stops the first time.
template <class T, class U>
class ResumableLink : public GuardedLink<T, U>, public Emission {
  using Base = GuardedLink<T, U>;

 public:
  ResumableLink(const StepContext& context, OnError policy)
      : Base(context, policy), emitter_(*this, this->out_) {}

  void push(Batch<T>& in) final {
    this->counters().in.add(in.size());
    if (waiting_.empty()) {
      emitter_.begin(in);
      next_ = work(in, 0);
      if (next_ == in.size()) return finish();
    }
    wait_with(in);
  }
  void watermark(Timestamp t) final { happen({.kind = Kind::watermark, .time = t}); }
  void idle() final { happen({.kind = Kind::idle}); }
  void partition(std::uint32_t index, PartitionEvent event) final {
    happen({.kind = Kind::partition, .index = index, .event = event});
  }
  /// What is saved must be behind all that came before: it leaves now, credit or not.
  void barrier(Barrier& barrier) final {
    go_on(true);
    Base::barrier(barrier);
  }
  void end() final { happen({.kind = Kind::end}); }
  bool resume() final {
    if (!go_on(false)) return false;
    held_ = false;
    return true;
  }

 protected:
  /// Processes the records from `first` on by each(); the number of the first that is left.
  virtual std::uint32_t work(Batch<T>& in, std::uint32_t first) = 0;
  /// What the step itself makes of an event before that goes on; false when it stopped for want of
  /// credit, to be called again. A tick comes after tell_tick() and goes nowhere.
  virtual bool before_watermark(Timestamp) { return true; }
  virtual bool before_end() { return true; }
  virtual bool before_tick() { return true; }
  void tell_tick() { happen({.kind = Kind::tick}); }

  /// f(i) for the records from `first` on, until a batch has left and the lane has no more credit.
  template <class F>
  [[gnu::always_inline]] inline std::uint32_t each(Batch<T>& in, std::uint32_t first, F&& f) {
    const std::uint32_t n = in.size();
    std::uint32_t i = first;
    while (i < n) {
      this->guarded(i, i + 1, f, [&](std::uint32_t at) { return bytes_for_dead_letter(in[at]); });
      ++i;
      if (out_of_credit()) [[unlikely]]
        break;
    }
    return i;
  }
  /// Has a batch left, and may no other follow now?
  bool out_of_credit() {
    return emitter_.take_flushed() && !at_once_ && !this->lane().has_credit();
  }
  Emitter<U>& emitter() { return emitter_; }

 private:
  enum class Kind : unsigned char { batch, watermark, idle, partition, tick, end };
  struct Waiting {
    Kind kind = Kind::end;
    std::unique_ptr<Batch<T>> batch = nullptr;
    const Origin* origin = nullptr;
    const std::string* position = nullptr;
    Timestamp time{};
    std::uint32_t index = 0;
    PartitionEvent event{};
  };

  void happen(Waiting event) {
    if (waiting_.empty() && done_before(event)) return pass(event);
    waiting_.push_back(std::move(event));
    hold();
  }
  void hold() {
    if (!std::exchange(held_, true)) this->lane().hold(*this);
  }
  bool done_before(const Waiting& event) {
    switch (event.kind) {
      case Kind::watermark:
        return before_watermark(event.time);
      case Kind::tick:
        return before_tick();
      case Kind::end:
        return before_end();
      default:
        return true;
    }
  }
  void wait_with(Batch<T>& in) {
    std::unique_ptr<Batch<T>> mine;
    if (!recycled_.empty()) {
      mine = std::move(recycled_.back());
      recycled_.pop_back();
    }
    if (!mine || mine->capacity() < in.size())
      mine = std::make_unique<Batch<T>>(std::max(in.capacity(), in.size()));
    in.move_to(*mine);
    this->lane().keeper().compact(*mine);
    if (waiting_.empty()) emitter_.go_on(*mine);
    waiting_.push_back({.kind = Kind::batch,
                        .batch = std::move(mine),
                        .origin = this->lane().origin(),
                        .position = this->lane().position()});
    this->rejects_.flush();
    hold();
  }
  /// False when the credit was used up before all that waits had left.
  bool go_on(bool at_once) {
    at_once_ = at_once;
    while (!waiting_.empty()) {
      Waiting& first = waiting_.front();
      if (first.kind != Kind::batch) {
        if (!done_before(first)) return stop_here();
        pass(waiting_.pop_front());
        continue;
      }
      this->lane().set_origin(first.origin, first.position);
      if (next_ == 0) emitter_.begin(*first.batch);
      next_ = work(*first.batch, next_);
      if (next_ != first.batch->size()) return stop_here();
      finish_first();
      if (!at_once && !this->lane().has_credit()) return stop_here();
    }
    return !stop_here();
  }
  bool stop_here() {
    at_once_ = false;
    this->lane().set_origin(nullptr);
    return false;
  }
  void finish() {
    emitter_.end();
    this->rejects_.flush();
  }
  void finish_first() {
    finish();
    next_ = 0;
    waiting_.front().batch->clear();
    recycled_.push_back(std::move(waiting_.pop_front().batch));
  }
  void pass(const Waiting& event) {
    switch (event.kind) {
      case Kind::watermark:
        return Base::watermark(event.time);
      case Kind::idle:
        return Base::idle();
      case Kind::partition:
        return Base::partition(event.index, event.event);
      case Kind::end:
        return Base::end();
      case Kind::batch:
      case Kind::tick:
        return;  // go_on() does the ones, nobody wants the others
    }
  }

  Emitter<U> emitter_;
  RingQueue<Waiting> waiting_;  // the first batch of it is at next_
  std::vector<std::unique_ptr<Batch<T>>> recycled_;
  std::uint32_t next_ = 0;
  bool held_ = false;
  bool at_once_ = false;
};

}  // namespace millrace::detail
