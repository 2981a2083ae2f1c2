// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "millrace/core/scheduler.hpp"

namespace millrace::detail {

/// The Waiters of one strand, earliest first; each knows its place, so that it can be taken out.
/// Cost: O(log n); allocates only when there are more waiters than ever before.
class TimerHeap {
 public:
  bool empty() const { return heap_.empty(); }
  /// The earliest; there must be one.
  const Waiter& first() const { return *heap_.front(); }

  void add(Waiter& waiter) {
    heap_.push_back(&waiter);
    waiter.heap_index = heap_.size() - 1;
    rise(waiter.heap_index);
  }

  /// False when the waiter is not in the heap.
  bool remove(Waiter& waiter) noexcept {
    const std::size_t at = std::exchange(waiter.heap_index, Waiter::not_waiting);
    if (at == Waiter::not_waiting) return false;
    Waiter* last = heap_.back();
    heap_.pop_back();
    if (last != &waiter) {
      place(at, last);
      rise(at);
      sink(last->heap_index);
    }
    return true;
  }

  /// Takes out the earliest; there must be one.
  Waiter& pop() noexcept {
    Waiter& waiter = *heap_.front();
    remove(waiter);
    return waiter;
  }

 private:
  void place(std::size_t at, Waiter* waiter) {
    heap_[at] = waiter;
    waiter->heap_index = at;
  }
  void rise(std::size_t at) {
    Waiter* moving = heap_[at];
    while (at > 0) {
      const std::size_t parent = (at - 1) / 2;
      if (heap_[parent]->when <= moving->when) break;
      place(at, heap_[parent]);
      at = parent;
    }
    place(at, moving);
  }
  void sink(std::size_t at) {
    Waiter* moving = heap_[at];
    for (;;) {
      std::size_t child = 2 * at + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1]->when < heap_[child]->when) ++child;
      if (moving->when <= heap_[child]->when) break;
      place(at, heap_[child]);
      at = child;
    }
    place(at, moving);
  }

  std::vector<Waiter*> heap_;
};

}  // namespace millrace::detail
