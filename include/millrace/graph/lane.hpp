// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/arena.hpp"
#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/signal.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/graph/budget.hpp"
#include "millrace/graph/keeper.hpp"
#include "millrace/graph/origin.hpp"
#include "millrace/graph/room.hpp"

namespace millrace {

/// Output that did not fit in one go: a window that fires a million keys, say.
class Emission {
 public:
  /// Emits on while the lane has credit; true when all of it, and the event behind it, has left.
  virtual bool resume() = 0;

 protected:
  ~Emission() = default;
};

/// Something that wants to look at the clock now and then without a record to wake it.
class Ticker {
 public:
  virtual void tick(MonotonicTime now) = 0;

 protected:
  ~Ticker() = default;
};

/// Something that gathers records for other strands.
class Gatherer {
 public:
  /// What is gathered leaves now.
  virtual void let_go() = 0;

 protected:
  ~Gatherer() = default;
};

/// What all steps on one strand share. Threads: its strand.
class MILLRACE_EXPORT Lane {
 public:
  Lane(Env& env, std::shared_ptr<Strand> strand, FlowBudget& flow, StateBudget& state);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  Env& env() { return env_; }
  Strand& strand() { return *strand_; }
  const std::shared_ptr<Strand>& shared_strand() { return strand_; }
  StopFlag& stop() { return stop_; }
  ArenaPool& arenas() { return arenas_; }
  FlowBudget& flow() { return flow_; }
  StateBudget& state() { return state_; }

  /// May a head push, or a cursor emit, another batch? Yes while the budget has room, and also when
  /// nothing of this lane waits in a queue: that is each edge's reserved batch, without which a
  /// full budget could leave everybody waiting. No while an emission is held back.
  bool has_credit() const { return held_.empty() && has_room(); }
  /// Do the queues hold a quarter of what they may? Then it pays to look at what a batch pins.
  bool crowded() const { return 4 * flow_.used() >= flow_.limit(); }
  /// For batches that have to wait.
  Keeper& keeper() { return keeper_; }
  /// A batch of this lane went into a queue behind it. Threads: this strand.
  void enqueued(std::uint64_t bytes) {
    queued_.fetch_add(1, std::memory_order_relaxed);
    flow_.add(bytes);
  }
  /// That batch was taken out. Threads: any.
  void dequeued(std::uint64_t bytes) {
    flow_.release(bytes);
    if (queued_.fetch_sub(1, std::memory_order_acq_rel) == 1) room_.notify();
  }
  /// Registers the emission of a step that ran out of credit; settle() goes on with it.
  template <class S>
  void hold(S& step) {
    hold_back({&step, step.rank()});
  }
  bool holds_emissions() const { return !held_.empty(); }
  /// Goes on with held emissions while there is room; true when none is left. The farthest
  /// downstream goes first: the others would push into what it holds back.
  bool resume_emissions();
  /// Is there nothing to wait for? For heads, before they pay for a coroutine.
  bool settled() { return aborted() || has_credit() || (resume_emissions() && has_credit()); }
  /// Before a head pushes anything: waits until no emission is held back and the budget has room.
  /// A stop does not end this wait, since what was read is still delivered; an abort does.
  Task<> settle() {
    while (!settled()) {
      rest();
      co_await room_.wait();
    }
  }

  void add_gatherer(Gatherer& gatherer);
  /// Before anything on this strand waits for what others do: nothing is kept from them meanwhile.
  void rest() {
    for (Gatherer* gatherer : gatherers_) gatherer->let_go();
  }

  /// The pipeline has failed or was stopped at once: every loop of this lane ends without another
  /// record. Threads: this strand.
  void abort();
  bool aborted() const { return abort_.requested(); }
  /// Raised by abort() alone: the stop flag of sinks, which go on writing while sources stop.
  StopFlag& abort_flag() { return abort_; }
  void wake_on_abort(Signal& signal);

  void add_ticker(Ticker& ticker);
  const std::vector<Ticker*>& tickers() const { return tickers_; }

  /// Where the records come from that are being pushed now, null when it is not known, and the
  /// source's position after them, which is known on the source's own lane only.
  void set_origin(const Origin* origin, const std::string* position = nullptr) {
    origin_ = origin;
    position_ = position;
  }
  const Origin* origin() const { return origin_; }
  const std::string* position() const { return position_; }

  /// The number of a step, in the order in which they are made: greater than those of the steps
  /// that feed it.
  std::uint32_t next_rank() { return ranks_++; }

  /// True for the batches whose steps are timed.
  bool timing() const { return timing_; }
  void set_timing(bool on) { timing_ = on; }
  /// Nanoseconds that the steps called from the one now running took; see Output::push.
  std::uint64_t nested_nanoseconds = 0;

 private:
  struct Held {
    Emission* emission;
    std::uint32_t rank;
  };
  bool has_room() const { return flow_.has_room() || queued_.load(std::memory_order_acquire) == 0; }
  void hold_back(Held held);

  Env& env_;
  std::shared_ptr<Strand> strand_;
  FlowBudget& flow_;
  StateBudget& state_;
  StopFlag stop_;
  ArenaPool arenas_;
  Keeper keeper_;
  StopFlag abort_;
  Room room_;
  std::atomic<std::uint64_t> queued_{0};
  std::vector<Signal*> woken_by_abort_;
  std::vector<Held> held_;  // by rank
  std::uint32_t ranks_ = 0;
  std::vector<Ticker*> tickers_;
  std::vector<Gatherer*> gatherers_;
  const Origin* origin_ = nullptr;
  const std::string* position_ = nullptr;
  bool timing_ = false;
};

}  // namespace millrace
