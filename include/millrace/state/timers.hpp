// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/state/state_handle.hpp"
#include "millrace/state/timer_list.hpp"
#include "millrace/state/timer_queue.hpp"

namespace millrace {
namespace detail {

/// The timers of all keys of a step, by domain.
class TimerQueues {
 public:
  TimerQueue& of(TimeDomain domain) { return queues_[static_cast<unsigned>(domain)]; }
  /// One that is set as timers of its domain fire, and not for later than these, is for the next
  /// time: otherwise an operator could keep them firing for ever.
  void add(TimeDomain domain, Timestamp t, std::uint32_t row) {
    if (changes)
      changes->push_back({domain, t, true});
    else if (firing_ && domain == domain_ && t <= time_)
      deferred_.push_back({t, row});
    else
      of(domain).push(t, row);
  }
  /// One that is no longer in its row's list.
  void cancel(TimeDomain domain, Timestamp t) {
    if (changes)
      changes->push_back({domain, t, false});
    else
      of(domain).cancelled();
  }
  void fire(TimeDomain domain, Timestamp t) { firing_ = true, domain_ = domain, time_ = t; }
  void fired() {
    firing_ = false;
    for (const TimerQueue::Entry& entry : deferred_) of(domain_).push(entry.time, entry.row);
    deferred_.clear();
  }
  std::size_t bytes() const { return queues_[0].bytes() + queues_[1].bytes(); }

  struct Change {
    TimeDomain domain;
    Timestamp time;
    bool set;
  };
  /// Set when the rows lie in a store: it queues the timers, and these queues stay empty.
  std::vector<Change>* changes = nullptr;
  /// Whether the operator has a function for timers of a domain.
  bool wanted[2] = {false, false};

 private:
  TimerQueue queues_[2];
  std::vector<TimerQueue::Entry> deferred_;
  bool firing_ = false;
  TimeDomain domain_{};
  Timestamp time_{};
};

[[noreturn]] MILLRACE_EXPORT void throw_unwanted_timer(TimeDomain domain);

}  // namespace detail

/// Sets the timers of the key at hand. When one is due, the operator's on_timer(key, time, emitter)
/// is called, or on_processing_timer() of the same shape.
///
/// A timer in event time is due when the watermark has reached it: all records with smaller times
/// have been seen then. It fires before that watermark goes on. One in processing time is due when
/// the clock has reached it, to a tenth of a second. They fire in the order of (time, key); setting
/// the same time twice gives one timer. One that is set for a time that is over is due with the
/// next watermark, or look at the clock. At the end of the input every timer that is left fires
/// once, and none can be set any more; a suspension keeps them. Contract: the operator's states()
/// gives it, too.
class Timers {
 public:
  /// Sets one. Errors: Failure (conflict) when the operator has no function for it.
  void at_event_time(Timestamp t) { set(TimeDomain::event, t); }
  void at_processing_time(Timestamp t) { set(TimeDomain::processing, t); }
  /// Nothing happens when there is no such timer.
  void cancel_event_time(Timestamp t) { wish(TimeDomain::event, t, false); }
  void cancel_processing_time(Timestamp t) { wish(TimeDomain::processing, t, false); }

  /// How far event time has come; as a timer fires, to that timer.
  Timestamp watermark() const { return context().watermark; }
  /// The time of day at the batch at hand. It follows the steady clock from the start of the step
  /// on, so that a clock that is set back or forward meanwhile disturbs no timer.
  Timestamp processing_time() const { return context().processing_time; }

  static constexpr detail::StateKind kind = detail::StateKind::timers;

  // For steps.
  using Cell = detail::TimerList;
  void bind(detail::StateContext& context) { context_ = &context; }
  void at(Cell* cell) {
    cell_ = cell;
    wishes_.clear();
  }
  bool changed() const { return !wishes_.empty(); }
  void undo() { wishes_.clear(); }
  // Does what was asked for since at(). The cell lies in the row of this number.
  void commit(Cell& cell, std::uint32_t row);

 private:
  struct Wish {
    TimeDomain domain;
    Timestamp time;
    bool set;
  };
  const detail::StateContext& context() const {
    if (!context_) detail::throw_no_key("timers");
    return *context_;
  }
  void set(TimeDomain domain, Timestamp t) {
    if (context().ending) return;
    if (!context_->timers->wanted[static_cast<unsigned>(domain)])
      detail::throw_unwanted_timer(domain);
    wish(domain, t, true);
  }
  void wish(TimeDomain domain, Timestamp t, bool set) {
    if (!cell_) detail::throw_no_key("timers");
    if (t == start_of_time) t += Duration(1);  // stands for "none"
    wishes_.push_back({domain, t, set});
  }

  detail::StateContext* context_ = nullptr;
  Cell* cell_ = nullptr;
  std::vector<Wish> wishes_;
};

}  // namespace millrace
