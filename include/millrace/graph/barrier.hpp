// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "millrace/core/sink.hpp"

namespace millrace {

class Step;

/// One of the pieces that a step's state is saved in. `group` says who gets it when the parallelism
/// changes: the subtask that owns the key group, or everybody when it is `every_subtask`.
struct StateItem {
  static constexpr std::uint32_t every_subtask = 0xFFFFFFFF;
  std::uint32_t group = every_subtask;
  std::string bytes;
  bool operator==(const StateItem&) const = default;
};

/// Takes the pieces of a step's state. (A std::function would cost every unit a tenth of a second.)
class StateSink {
 public:
  virtual void take(StateItem item) = 0;

 protected:
  ~StateSink() = default;
};

/// A step's state as it was when the barrier passed, which takes too long to write down at once.
class FrozenState {
 public:
  virtual ~FrozenState() = default;
  /// Gives its pieces. Called once. Threads: any one; the step goes on meanwhile.
  virtual void encode(StateSink& sink) = 0;
};

/// Flows with the records: everything before it belongs to the checkpoint, nothing after.
/// Threads: its calls may come from any strand; the coordinator behind it locks.
class Barrier {
 public:
  virtual ~Barrier() = default;
  virtual CheckpointId id() const = 0;
  /// The input has ended: two-phase sinks close what is open before they prepare.
  virtual bool finishes() const { return false; }
  /// A sink may have more to prepare once this one is committed: another one has to follow.
  virtual void unfinished() {}
  /// A step's state, taken as the barrier passes.
  virtual void save(const Step& step, StateItem item) = 0;
  /// The same, written down later, off the lane.
  virtual void save_later(const Step& step, std::unique_ptr<FrozenState> state) {
    struct AtOnce final : StateSink {
      Barrier& barrier;
      const Step& step;
      AtOnce(Barrier& b, const Step& s) : barrier(b), step(s) {}
      void take(StateItem item) override { barrier.save(step, std::move(item)); }
    } sink(*this, step);
    state->encode(sink);
  }
  /// All steps of one lane behind an inbox have saved.
  virtual void lane_done() {}
  /// A sink is done: everything before the barrier is durable; a two-phase sink hands in what it
  /// prepared.
  virtual void sink_done(const Step& step) = 0;
  virtual void sink_done(const Step& step, Committable committable) = 0;
  /// A two-phase sink has made visible what it was told to commit.
  virtual void committed(const Step& step) = 0;
};

}  // namespace millrace
