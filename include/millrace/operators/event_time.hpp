// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/invoke.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/operators/drop_rows.hpp"
#include "millrace/operators/partition_clocks.hpp"
#include "millrace/operators/watermark.hpp"

namespace millrace {

/// Gives each record its time and lets the watermark follow the slowest partition.
///
/// Watermarks from upstream, which are about arrival, end here; only end_of_time passes. A new
/// watermark leaves once a batch at most, after the batch.
template <class T, class F>
class EventTimeStep final : public GuardedLink<T, T>, public Ticker {
  static_assert(
      std::is_invocable_v<F&, const T&>,
      "millrace: event_time(f): f takes a const reference to a record, or is a pointer to "
      "one of its members");
  static_assert(std::is_convertible_v<std::invoke_result_t<F&, const T&>, Timestamp>,
                "millrace: event_time(f): f must return a millrace::Timestamp (microseconds) or a "
                "coarser std::chrono::sys_time; cast a finer one with std::chrono::floor");

 public:
  EventTimeStep(const StepContext& context, F f, watermark::BoundedOutOfOrderness bound,
                OnError on_error = OnError::dead_letter)
      : GuardedLink<T, T>(context, on_error), f_(std::move(f)), clocks_(bound) {
    if (bound.idle > Duration::zero()) context.lane.add_ticker(*this);
  }

  void push(Batch<T>& batch) override {
    this->counters().in.add(batch.size());
    stamp(batch);
    clocks_.saw(batch.partition(), batch.max_time());
    this->counters().out.add(batch.size());
    this->out_.push(batch);
    this->rejects_.flush();
    publish();
  }
  void watermark(Timestamp t) override {
    if (t == end_of_time) GuardedLink<T, T>::watermark(t);
  }
  void partition(std::uint32_t index, PartitionEvent event) override {
    this->out_.partition(index, event);
    clocks_.on(index, event);
    // Partitions open one after the other, some with times from a snapshot: those that are still to
    // open count, too, so the next records decide.
    if (event != PartitionEvent::opened) publish();
  }
  void tick(MonotonicTime now) override {
    clocks_.tick(now);
    publish();
  }
  void save(Barrier& barrier) const override { barrier.save(*this, {.bytes = clocks_.saved()}); }
  Result<void> load(const StateItem& item) override { return clocks_.load(item.bytes); }
  std::string state_schema() const override { return PartitionClocks::state_schema(); }

 private:
  // The bounds of a batch of large records are found in the pass that takes the times, which waits
  // for memory; else in a pass of its own, so that the compiler makes vectors of it.
  static constexpr bool in_one_pass = sizeof(T) >= 32;

  static void widen(Timestamp::rep& low, Timestamp::rep& high, Timestamp time) {
    const Timestamp::rep t = time.time_since_epoch().count();
    low = t < low ? t : low;
    high = t > high ? t : high;
  }
  void stamp(Batch<T>& batch) {
    const std::uint32_t n = batch.size();
    const T* const values = batch.values();
    Timestamp* const times = batch.times_to_set();
    rejected_.clear();
    // A copy of a pointer to a member: else it is read again after each write of a time.
    using Local = std::conditional_t<std::is_member_pointer_v<F>, const F, F&>;
    Local f = f_;
    Timestamp::rep low = end_of_time.time_since_epoch().count();
    Timestamp::rep high = start_of_time.time_since_epoch().count();
    this->guarded(
        0, n,
        [&](std::uint32_t i) {
          const Timestamp time = millrace::invoke(f, values[i]);
          times[i] = time;
          if constexpr (in_one_pass) widen(low, high, time);
        },
        [&](std::uint32_t i) {
          rejected_.push_back(i);
          return bytes_for_dead_letter(values[i]);
        });
    if (!rejected_.empty()) [[unlikely]]
      detail::drop_rows(batch, rejected_);
    if constexpr (!in_one_pass)
      for (std::uint32_t i = 0; i < batch.size(); ++i) widen(low, high, batch.times()[i]);
    batch.set_bounds(Timestamp(Duration(low)), Timestamp(Duration(high)));
  }
  void publish() {
    if (const auto moved = clocks_.advance()) {
      this->counters().set_watermark(*moved);
      this->out_.watermark(*moved);
    }
    if (clocks_.fell_idle()) this->out_.idle();
  }

  [[no_unique_address]] F f_;
  PartitionClocks clocks_;
  std::vector<std::uint32_t> rejected_;
};

}  // namespace millrace
