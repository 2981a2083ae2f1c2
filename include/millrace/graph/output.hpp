// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <type_traits>
#include <vector>

#include "millrace/graph/lane.hpp"
#include "millrace/graph/metrics.hpp"
#include "millrace/graph/port.hpp"

namespace millrace {

/// Where a step's records leave: to nobody, to one port, or to several.
/// The last port gets the batch itself; those before it get a view, which copies only if they
/// write.
template <class T>
class Output {
 public:
  /// `counters` are the receiving step's, null for a queue that is timed elsewhere.
  void connect(Lane& lane, Port<T>& port, StepCounters* counters) {
    lane_ = &lane;
    targets_.push_back({&port, counters});
  }
  bool connected() const { return !targets_.empty(); }

  void push(Batch<T>& batch) {
    if (batch.empty() || targets_.empty()) return;
    if constexpr (std::is_copy_assignable_v<T>) {
      for (std::size_t i = 0; i + 1 < targets_.size(); ++i) lend(targets_[i], batch);
    }
    deliver(targets_.back(), batch);
  }
  void watermark(Timestamp t) {
    for (auto& target : targets_) target.port->watermark(t);
  }
  void idle() {
    for (auto& target : targets_) target.port->idle();
  }
  void partition(std::uint32_t index, PartitionEvent event) {
    for (auto& target : targets_) target.port->partition(index, event);
  }
  void barrier(Barrier& barrier) {
    for (auto& target : targets_) target.port->barrier(barrier);
  }
  void end() {
    for (auto& target : targets_) target.port->end();
  }

 private:
  struct Target {
    Port<T>* port;
    StepCounters* counters;
    std::unique_ptr<Batch<T>> view = nullptr;
  };
  void lend(Target& target, Batch<T>& batch) {
    if (!target.view || target.view->capacity() < batch.size())
      target.view = std::make_unique<Batch<T>>(batch.capacity());
    target.view->borrow(batch);
    deliver(target, *target.view);
    target.view->clear();
  }
  void deliver(Target& target, Batch<T>& batch) {
    if (!lane_->timing() || !target.counters) [[likely]]
      return target.port->push(batch);
    // A step's own time is its whole time less that of the steps it called.
    const std::uint64_t outer = std::exchange(lane_->nested_nanoseconds, 0);
    const MonotonicTime begin = lane_->env().clock.monotonic();
    target.port->push(batch);
    const auto took = static_cast<std::uint64_t>((lane_->env().clock.monotonic() - begin).count());
    target.counters->busy_nanoseconds.add((took - std::min(took, lane_->nested_nanoseconds)) *
                                          timing_period);
    lane_->nested_nanoseconds = outer + took;
  }

  Lane* lane_ = nullptr;
  std::vector<Target> targets_;

 public:
  /// One batch in this many is timed and stands for all of them.
  static constexpr std::uint64_t timing_period = 64;
};

}  // namespace millrace
