// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend.hpp"
#include "catch.hpp"
#include "millrace/operators/aggregate.hpp"
#include "millrace/operators/aggregating_state.hpp"
#include "millrace/state/list_state.hpp"
#include "millrace/state/map_state.hpp"
#include "millrace/state/reducing_state.hpp"
#include "millrace/state/value_state.hpp"
#include "millrace/stream/keyed_process.hpp"
#include "operators/rig.hpp"

/// Keyed operators on steps of their own, as many as there are subtasks, driven by hand.
namespace keyed {

using namespace rig;

template <class Op>
struct KeyOf {
  using type = std::string;
};
template <class Op>
requires requires { typename Op::key_type; }
struct KeyOf<Op> {
  using type = typename Op::key_type;
};

/// A record that says what the operator shall do with its handles.
template <class Op>
struct Act {
  typename KeyOf<Op>::type key{};
  std::function<void(Op&, Emitter<std::string>&)> f;
};

/// An operator that does what records say, and tells of its timers as "<key>@<seconds>".
struct Told {
  using output_type = std::string;
  Timers timers;
  static std::string seconds(Timestamp t) {
    return t == end_of_time ? "end" : std::to_string(t.time_since_epoch() / 1s);
  }
  template <class Key>
  static std::string text(const Key& key, Timestamp t) {
    if constexpr (std::is_convertible_v<Key, std::string>)
      return key + "@" + seconds(t);
    else if constexpr (std::is_integral_v<Key>)
      return std::to_string(key) + "@" + seconds(t);
    else
      return "@" + seconds(t);
  }
};

/// `Op` on `parallelism` subtasks, behind the exchange by key that a pipeline has.
template <class Op>
class KeyedRig {
 public:
  using Key = typename KeyOf<Op>::type;
  using Record = Act<Op>;
  using Step = millrace::detail::KeyedProcessStep<Record, Key Record::*, Op>;

  explicit KeyedRig(unsigned parallelism = 1, Op op = {}, ByteSize budget = 1_GiB,
                    std::shared_ptr<StateBackend> backend = backend_of_test())
      : backend_(std::move(backend)) {
    for (unsigned i = 0; i < parallelism; ++i) {
      auto& sub = subtasks_.emplace_back(std::make_unique<Subtask>(budget));
      sub->step = std::make_unique<Step>(
          StepContext{sub->bed.lane, sub->bed.name, i, parallelism, backend_.get()}, &Record::key,
          op, OnError::dead_letter);
      connect(sub->bed, *sub->step, 0, sub->out);
      connect(sub->bed, *sub->step, 1, sub->letters);
    }
  }

  void push(Key key, Timestamp t, std::function<void(Op&, Emitter<std::string>&)> f) {
    Batch<Record> batch(1);
    batch.push_back({key, std::move(f)}, t);
    subtask_of(key).step->push(batch);
  }
  void push(Key key, Timestamp t, std::function<void(Op&)> f) {
    push(key, t, [f = std::move(f)](Op& op, Emitter<std::string>&) { f(op); });
  }
  /// What f(op) gives for a key.
  template <class F>
  auto ask(Key key, Timestamp t, F f) {
    std::decay_t<std::invoke_result_t<F&, Op&>> answer{};
    push(key, t, [&](Op& op) { answer = f(op); });
    CHECK(letters().empty());
    return answer;
  }
  void watermark(Timestamp t) {
    for (auto& sub : subtasks_) sub->step->watermark(t);
  }
  /// Lets time pass, then the steps look at their clocks.
  void pass(Duration d) {
    for (auto& sub : subtasks_) {
      sub->bed.env.run_for(d);
      sub->step->tick(sub->bed.env.env().clock.monotonic());
    }
  }
  Timestamp clock() { return subtasks_[0]->bed.env.env().clock.wall(); }
  void end() {
    watermark(end_of_time);
    for (auto& sub : subtasks_) sub->step->end();
  }

  /// What came out since the last call; with several subtasks, one after the other.
  std::vector<std::string> take() {
    std::vector<std::string> all;
    for (auto& sub : subtasks_)
      for (std::string& s : sub->out.take()) all.push_back(std::move(s));
    return all;
  }
  std::vector<std::string> letters() {
    std::vector<std::string> reasons;
    for (auto& sub : subtasks_)
      for (DeadLetter& letter : sub->letters.take()) reasons.push_back(letter.reason);
    return reasons;
  }
  std::vector<std::string> events() { return subtasks_[0]->out.take_events(); }
  std::uint64_t state_bytes() const { return subtasks_[0]->bed.state.used(); }
  Bed& bed(unsigned i = 0) { return subtasks_[i]->bed; }
  Step& step(unsigned i = 0) { return *subtasks_[i]->step; }

  std::vector<StateItem> save() {
    std::vector<StateItem> items;
    for (auto& sub : subtasks_) {
      Snapshot snapshot;
      sub->step->barrier(snapshot);
      for (StateItem& item : snapshot.items) items.push_back(std::move(item));
    }
    return items;
  }
  /// Each item to the subtask that owns its key group.
  Result<void> load(const std::vector<StateItem>& items) {
    for (const StateItem& item : items)
      for (auto& sub : subtasks_) {
        const bool mine = item.group == StateItem::every_subtask || sub->step->regroups(item) ||
                          item.group * subtasks_.size() / key_groups == sub->step->subtask();
        if (!mine) continue;
        if (auto done = sub->step->load(item); !done) return done;
      }
    return {};
  }

 private:
  struct Subtask {
    explicit Subtask(ByteSize budget) : bed(budget) {}
    Bed bed;
    Probe<std::string> out;
    Probe<DeadLetter> letters;
    std::unique_ptr<Step> step;
  };
  Subtask& subtask_of(const Key& key) {
    return *subtasks_[key_group(key) * subtasks_.size() / key_groups];
  }
  std::shared_ptr<StateBackend> backend_;
  std::vector<std::unique_ptr<Subtask>> subtasks_;
};

}  // namespace keyed
