// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "millrace/core/arena.hpp"
#include "millrace/core/env.hpp"
#include "millrace/core/signal.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/graph/budget.hpp"

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

/// Says where the records come from that are being pushed now; for dead letters.
struct Origin {
  std::string source;
  std::string partition;
  std::string position;
};
class OriginProvider {
 public:
  virtual Origin origin() const = 0;

 protected:
  ~OriginProvider() = default;
};

/// What all steps on one strand share. Threads: its strand.
class Lane {
 public:
  Lane(Env& env, std::shared_ptr<Strand> strand, FlowBudget& flow, StateBudget& state)
      : env_(env), strand_(std::move(strand)), flow_(flow), state_(state), room_(*strand_) {
    flow_.watch(room_);
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  Env& env() { return env_; }
  Strand& strand() { return *strand_; }
  const std::shared_ptr<Strand>& shared_strand() { return strand_; }
  StopFlag& stop() { return stop_; }
  ArenaPool& arenas() { return arenas_; }
  FlowBudget& flow() { return flow_; }
  StateBudget& state() { return state_; }

  /// May a cursor emit another batch? Asked after each.
  bool has_credit() const { return flow_.has_room(); }
  /// Registers an emission that ran out of credit; settle() goes on with it.
  void hold(Emission& emission) { held_.push_back(&emission); }
  bool holds_emissions() const { return !held_.empty(); }
  /// Goes on with held emissions while there is credit; true when none is left.
  bool resume_emissions() {
    while (!held_.empty() && has_credit()) {
      // The newest is the farthest downstream: what it holds back must leave first.
      Emission* emission = held_.back();
      held_.pop_back();
      if (!emission->resume()) held_.push_back(emission);
    }
    return held_.empty();
  }
  /// Before a head pushes anything: waits until no emission is held back and the budget has room.
  /// A stop does not end this wait: what was read is still delivered.
  Task<> settle() {
    while (!resume_emissions() || !has_credit()) co_await room_.wait();
  }
  Signal& room() { return room_; }

  void add_ticker(Ticker& ticker) { tickers_.push_back(&ticker); }
  const std::vector<Ticker*>& tickers() const { return tickers_; }

  void set_origin(const OriginProvider* origin) { origin_ = origin; }
  Origin origin() const { return origin_ ? origin_->origin() : Origin{}; }

  /// True for the batches whose steps are timed.
  bool timing() const { return timing_; }
  void set_timing(bool on) { timing_ = on; }
  /// Nanoseconds that the steps called from the one now running took; see Output::push.
  std::uint64_t nested_nanoseconds = 0;

 private:
  Env& env_;
  std::shared_ptr<Strand> strand_;
  FlowBudget& flow_;
  StateBudget& state_;
  StopFlag stop_;
  ArenaPool arenas_;
  Signal room_;
  std::vector<Emission*> held_;
  std::vector<Ticker*> tickers_;
  const OriginProvider* origin_ = nullptr;
  bool timing_ = false;
};

}  // namespace millrace
