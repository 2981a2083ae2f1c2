// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coroutine>

#include "millrace/core/scheduler.hpp"

namespace millrace {

class StopFlag;

/// A wait that ends early when the stop flag is raised; see Context::sleep_for.
class [[nodiscard]] Sleep {
 public:
  Sleep(Strand& strand, StopFlag& stop, MonotonicTime until) : strand_(strand), stop_(stop) {
    waiter_.when = until;
  }
  Sleep(const Sleep&) = delete;
  Sleep& operator=(const Sleep&) = delete;
  inline ~Sleep();
  inline bool await_ready() const noexcept;
  inline void await_suspend(std::coroutine_handle<> h);
  /// False when it was ended by the stop flag.
  inline bool await_resume() noexcept;

 private:
  friend class StopFlag;
  inline void unlink() noexcept;
  Strand& strand_;
  StopFlag& stop_;
  Waiter waiter_;
  Sleep* next_ = nullptr;
  Sleep* previous_ = nullptr;
  bool linked_ = false;
};

/// Says that a strand's work shall end. Threads: the strand it belongs to.
class StopFlag {
 public:
  bool requested() const { return requested_; }
  /// Raises the flag and ends every Sleep on it.
  void request() {
    requested_ = true;
    while (first_) {
      Sleep& sleep = *first_;
      sleep.unlink();
      if (sleep.strand_.cancel(sleep.waiter_)) sleep.strand_.post(sleep.waiter_.handle);
    }
  }

 private:
  friend class Sleep;
  bool requested_ = false;
  Sleep* first_ = nullptr;
};

inline bool Sleep::await_ready() const noexcept { return stop_.requested_; }
inline void Sleep::await_suspend(std::coroutine_handle<> h) {
  waiter_.handle = h;
  strand_.wait(waiter_);
  next_ = stop_.first_;
  if (next_) next_->previous_ = this;
  stop_.first_ = this;
  linked_ = true;
}
inline bool Sleep::await_resume() noexcept {
  waiter_.handle = {};
  if (linked_) unlink();
  return !stop_.requested_;
}
inline void Sleep::unlink() noexcept {
  (previous_ ? previous_->next_ : stop_.first_) = next_;
  if (next_) next_->previous_ = previous_;
  next_ = previous_ = nullptr;
  linked_ = false;
}
inline Sleep::~Sleep() {
  if (!waiter_.handle) return;
  if (linked_) unlink();
  if (!strand_.cancel(waiter_)) strand_.unpost(waiter_.handle);
}

}  // namespace millrace
