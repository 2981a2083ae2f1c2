// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <coroutine>

#include "millrace/core/scheduler.hpp"

namespace millrace {

/// A flag that one coroutine waits for and anybody sets: "there is something to look at".
/// Several notify() before a wait() count as one. Threads: notify() from any, wait() from the one
/// strand of the waiter. Lifetime: a coroutine that waits may be destroyed only while no other
/// thread notifies, as at the end of a run. Cost: one atomic exchange.
class Signal {
 public:
  explicit Signal(Strand& strand) : strand_(strand) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void notify() {
    void* before = state_.exchange(set(), std::memory_order_acq_rel);
    if (before != nullptr && before != set())
      strand_.post(std::coroutine_handle<>::from_address(before));
  }

  class [[nodiscard]] Wait {
   public:
    explicit Wait(Signal& signal) : signal_(signal) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() {
      if (!handle_) return;
      // A notice that has come already stays, for the next one who waits.
      void* waiting = handle_.address();
      signal_.state_.compare_exchange_strong(waiting, nullptr, std::memory_order_acq_rel);
      signal_.strand_.unpost(handle_);
    }
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> h) noexcept {
      void* expected = nullptr;
      handle_ = h;
      if (signal_.state_.compare_exchange_strong(expected, h.address(), std::memory_order_acq_rel))
        return true;
      handle_ = {};
      return false;  // it was set already
    }
    void await_resume() noexcept {
      handle_ = {};
      signal_.state_.exchange(nullptr, std::memory_order_acq_rel);
    }

   private:
    Signal& signal_;
    std::coroutine_handle<> handle_{};
  };
  /// Goes on after the next notify(), or at once when there was one since the last wait().
  Wait wait() { return Wait(*this); }

 private:
  // nullptr: nobody waits; set(): notified; else the address of the waiting frame.
  void* set() { return this; }
  Strand& strand_;
  std::atomic<void*> state_{nullptr};
};

}  // namespace millrace
