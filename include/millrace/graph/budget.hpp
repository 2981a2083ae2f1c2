// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/signal.hpp"
#include "millrace/core/units.hpp"

namespace millrace {

/// The bytes that batches in queues may hold, over a whole pipeline. It never blocks who adds: the
/// sources ask has_room() before they read, so the overshoot is one batch an edge.
/// Threads: any; watchers are registered before the pipeline runs.
class MILLRACE_EXPORT FlowBudget {
 public:
  explicit FlowBudget(ByteSize limit) : limit_(limit.bytes) {}
  bool has_room() const { return used_.load(std::memory_order_relaxed) < limit_; }
  void add(std::uint64_t bytes) {
    const std::uint64_t now = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (now > peak_.load(std::memory_order_relaxed)) peak_.store(now, std::memory_order_relaxed);
  }
  void release(std::uint64_t bytes) {
    const std::uint64_t before = used_.fetch_sub(bytes, std::memory_order_acq_rel);
    if (before >= limit_ && before - bytes < limit_)
      for (Signal* watcher : watchers_) watcher->notify();
  }
  /// `signal` is notified whenever there is room again.
  void watch(Signal& signal);
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_; }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> peak_{0};
  std::vector<Signal*> watchers_;
};

/// The bytes that windows and keyed state may hold. It never makes anybody wait, since only
/// watermarks free it: past the limit the pipeline fails. Threads: any.
class StateBudget {
 public:
  explicit StateBudget(ByteSize limit) : limit_(limit.bytes) {}
  /// False when the limit is passed now.
  bool add(std::uint64_t bytes) {
    return used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_;
  }
  void release(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_; }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

}  // namespace millrace
