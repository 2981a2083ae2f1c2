// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/text_writer.hpp"
#include "millrace/graph/output.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/graph/step.hpp"

namespace millrace {

/// Collects a step's results and sends them on a batch at a time.
/// Threads: the step's strand. Lifetime: as long as its step.
template <class T>
class Emitter {
 public:
  Emitter(Step& step, Output<T>& output)
      : step_(step), output_(output), text_(step.lane().arenas()) {
    text_.collect_left_arenas(left_);
  }
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  /// Passes `value` on, with the event time `time`.
  void emit(T value, Timestamp time) {
    slot() = std::move(value);
    commit_at(time);
  }
  /// Bytes that live as long as the records emitted next: for Text fields made by the step itself.
  Text text(std::string_view bytes) {
    Text copy = text_.copy(bytes);
    hold_writer();
    return copy;
  }

  /// For steps: the place of the next record, and its end; writing in place keeps the capacity of
  /// owned strings.
  T& slot() { return batch_.slot(); }
  void commit(Timestamp time) {
    batch_.commit(time);
    if (batch_.full()) [[unlikely]]
      flush();
  }
  /// The same for a time that need not be one of the input's.
  void commit_at(Timestamp time) {
    batch_.widen_bounds(time, time);
    commit(time);
  }
  /// The places of the next records and of their times, to fill in order, and how many there are:
  /// for steps that write many without asking again. filled() makes them part of the batch.
  struct Free {
    T* values;
    Timestamp* times;
    std::uint32_t count;
  };
  Free free() { return {&batch_.slot(), &batch_.slot_time(), batch_.room()}; }
  void filled(std::uint32_t n) {
    batch_.resize(batch_.size() + n);
    if (batch_.full()) flush();
  }
  TextWriter& writer() { return text_; }
  /// Keeps with the batch every arena that the writer has written to since the last time.
  void hold_writer() {
    if (!left_.empty()) [[unlikely]] {
      for (const ArenaRef& arena : left_) batch_.hold(arena);
      left_.clear();
    }
    batch_.hold(text_.arena());
  }

  /// Records emitted from now on may view what `input` holds.
  template <class In>
  void begin(const Batch<In>& input) {
    arenas_ = &input.arenas();
    hold_input();
    batch_.hold(text_.arena());  // it has room left and will be written on
    batch_.set_partition(partition_ = input.partition());
    batch_.widen_bounds(input.min_time(), input.max_time());
    min_time_ = input.min_time();
    max_time_ = input.max_time();
  }
  /// The rest of the input lies in this batch now, which was moved from the one before; its texts
  /// may lie in other arenas.
  template <class In>
  void go_on(const Batch<In>& input) {
    arenas_ = &input.arenas();
    hold_input();
  }
  /// Has a batch left since it was asked last?
  bool take_flushed() { return std::exchange(flushed_, false); }
  /// Sends what was collected; at the end of each push.
  void end() {
    flush();
    arenas_ = nullptr;
    batch_.clear();
  }
  void flush() {
    if (batch_.empty()) return;
    step_.counters().out.add(batch_.size());
    try {
      output_.push(batch_);
    } catch (const DownstreamFailure&) {
      throw;
    } catch (...) {
      throw DownstreamFailure{std::current_exception()};
    }
    flushed_ = true;
    batch_.clear();
    batch_.hold(text_.arena());
    if (!arenas_) return;
    hold_input();
    batch_.set_partition(partition_);  // whoever took the batch may have left another's
    batch_.set_bounds(min_time_, max_time_);
  }

 private:
  void hold_input() {
    for (const ArenaRef& arena : *arenas_) batch_.hold(arena);
  }
  Step& step_;
  Output<T>& output_;
  TextWriter text_;
  std::vector<ArenaRef> left_;
  Batch<T> batch_;
  const std::vector<ArenaRef>* arenas_ = nullptr;
  bool flushed_ = false;
  std::uint32_t partition_ = 0;
  Timestamp min_time_ = end_of_time;
  Timestamp max_time_ = start_of_time;
};

}  // namespace millrace
