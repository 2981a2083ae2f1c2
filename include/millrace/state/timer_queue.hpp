// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/state/sort.hpp"

namespace millrace::detail {

/// When timers are due, earliest first. Which timers there are is what the rows' TimerLists say: an
/// entry whose row has no such timer is left over from one that was cancelled.
/// Cost: O(log n); clean() is worth its while now and then.
class TimerQueue {
 public:
  struct Entry {
    Timestamp time;
    std::uint32_t row;
  };

  bool due(Timestamp until) const { return !heap_.empty() && heap_.front().time <= until; }
  /// Contract: there is one.
  Timestamp first() const { return heap_.front().time; }
  void push(Timestamp t, std::uint32_t row) {
    heap_.push_back({t, row});
    std::size_t at = heap_.size() - 1;
    const Entry moving = heap_[at];
    for (; at > 0 && moving.time < heap_[(at - 1) / 2].time; at = (at - 1) / 2)
      heap_[at] = heap_[(at - 1) / 2];
    heap_[at] = moving;
  }
  /// Takes the first out. Contract: there is one.
  Entry pop() {
    const Entry first = heap_.front();
    const Entry moving = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) {
      std::size_t at = 0;
      for (std::size_t child = 1; child < heap_.size(); child = 2 * at + 1) {
        if (child + 1 < heap_.size() && heap_[child + 1].time < heap_[child].time) ++child;
        if (moving.time <= heap_[child].time) break;
        heap_[at] = heap_[child];
        at = child;
      }
      heap_[at] = moving;
    }
    return first;
  }
  /// One of the timers in it was cancelled.
  void cancelled() { ++left_over_; }
  /// Throws out what is left over, when that may be half of it: entries for which `alive(entry)` is
  /// false, and second ones.
  template <class Alive>
  void clean(Alive&& alive) {
    if (left_over_ < least || 2 * left_over_ < heap_.size()) return;
    left_over_ = 0;
    sort(heap_.data(), heap_.size(), [](const Entry& a, const Entry& b) {
      return a.time != b.time ? a.time < b.time : a.row < b.row;
    });
    // What is sorted is a heap.
    std::size_t to = 0;
    for (const Entry& entry : heap_) {
      const bool twice =
          to > 0 && heap_[to - 1].time == entry.time && heap_[to - 1].row == entry.row;
      if (!twice && alive(entry)) heap_[to++] = entry;
    }
    heap_.resize(to);
  }
  std::size_t bytes() const { return heap_.capacity() * sizeof(Entry); }

 private:
  static constexpr std::size_t least = 64;
  std::vector<Entry> heap_;
  std::size_t left_over_ = 0;  ///< at most so many
};

}  // namespace millrace::detail
