// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/signal.hpp"
#include "millrace/graph/step.hpp"
#include "runtime/snapshot.hpp"

namespace millrace::runtime {

/// One checkpoint while its barrier passes through the lanes.
/// Threads: Barrier's calls come from any strand; the rest from the coordinator's, which `changed`
/// wakes.
class SnapshotBarrier final : public Barrier {
 public:
  enum class Finishes : unsigned char { no, yes };
  /// `parts` pass it: sources, lanes behind an inbox, and sinks.
  SnapshotBarrier(CheckpointId id, std::size_t parts, Signal& changed, Finishes finishes)
      : left_(parts), changed_(changed), finishes_(finishes) {
    snapshot_.id = id;
  }

  CheckpointId id() const override { return snapshot_.id; }
  bool finishes() const override { return finishes_ == Finishes::yes; }
  void unfinished() override {
    std::lock_guard lock(mutex_);
    unfinished_ = true;
  }
  void save(const Step& step, StateItem item) override {
    std::lock_guard lock(mutex_);
    snapshot_.items.push_back({step.name(), step.subtask(), std::move(item)});
  }
  void save_later(const Step& step, std::unique_ptr<FrozenState> state) override {
    std::lock_guard lock(mutex_);
    frozen_.push_back({step.name(), step.subtask(), std::move(state)});
  }
  void lane_done() override { one_done(); }
  void sink_done(const Step&) override { one_done(); }
  void sink_done(const Step& step, Committable committable) override {
    {
      std::lock_guard lock(mutex_);
      snapshot_.prepared.push_back({step.name(), step.subtask(), std::move(committable)});
    }
    one_done();
  }
  void committed(const Step&) override {
    {
      std::lock_guard lock(mutex_);
      ++committed_;
    }
    changed_.notify();
  }

  /// A source has put it behind its records.
  void injected() { one_done(); }

  /// Every sink has it behind itself, and so has every step before them.
  bool complete() const {
    std::lock_guard lock(mutex_);
    return left_ == 0;
  }
  /// A sink asks for another one.
  bool is_unfinished() const {
    std::lock_guard lock(mutex_);
    return unfinished_;
  }
  std::size_t commits() const {
    std::lock_guard lock(mutex_);
    return committed_;
  }
  /// What was saved as it passed, once complete.
  Snapshot take() { return std::move(snapshot_); }
  /// Writes down what was frozen, which takes its time. Threads: any one. Errors: Failure.
  void write_frozen(const TakeItem& take) {
    for (Frozen& each : std::exchange(frozen_, {})) {
      Items items(take, each.step, each.subtask);
      each.state->encode(items);
    }
  }

 private:
  void one_done() {
    {
      std::lock_guard lock(mutex_);
      --left_;
    }
    changed_.notify();
  }
  struct Items final : StateSink {
    const TakeItem& take_item;
    const std::string& step;
    std::uint32_t subtask;
    Items(const TakeItem& taker, const std::string& name, std::uint32_t number)
        : take_item(taker), step(name), subtask(number) {}
    void take(StateItem item) override { take_item({step, subtask, std::move(item)}); }
  };
  struct Frozen {
    std::string step;
    std::uint32_t subtask = 0;
    std::unique_ptr<FrozenState> state;
  };
  Snapshot snapshot_;
  std::vector<Frozen> frozen_;
  mutable std::mutex mutex_;
  std::size_t left_;
  std::size_t committed_ = 0;
  Signal& changed_;
  const Finishes finishes_;
  bool unfinished_ = false;
};

}  // namespace millrace::runtime
