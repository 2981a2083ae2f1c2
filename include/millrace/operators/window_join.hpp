// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/operators/join_emission.hpp"
#include "millrace/operators/join_function.hpp"
#include "millrace/operators/join_state.hpp"
#include "millrace/operators/join_types.hpp"
#include "millrace/operators/late_output.hpp"
#include "millrace/operators/pair_step.hpp"
#include "millrace/operators/window_errors.hpp"
#include "millrace/operators/window_options.hpp"

namespace millrace::detail {

/// Keeps the records of two inputs by key and window, and gives them to a function once the
/// watermark has reached the window's end. Output 0: the results, each with the last microsecond of
/// its window as its time. Output 1: dead letters. Outputs 2 and 3: the records of the left and the
/// right input that came too late.
///
/// Late records and corrections are those of WindowStep, with the watermark of both inputs: each
/// key that got some gives all of its results anew, with the next `fire`.
/// Errors: Failure (limit_exceeded) past the state budget. Cost: no allocation per record or window
/// after warm-up.
template <class Types>
class WindowJoinStep final : public PairStep<typename Types::Left, typename Types::Right>,
                             public Emission {
  using Left = typename Types::Left;
  using Right = typename Types::Right;
  using Out = typename Types::Out;
  using Pane = typename Types::Pane;
  using Table = typename Types::Table;

 public:
  WindowJoinStep(const StepContext& context, typename Types::LeftKeys left,
                 typename Types::RightKeys right, typename Types::Function function,
                 const WindowOptions& options)
      : PairStep<Left, Right>(context),
        options_(options),
        parallelism_(context.parallelism),
        left_keys_(std::move(left)),
        right_keys_(std::move(right)),
        rejects_(*this, options.on_error),
        panes_(WindowGrid(options), context.lane.state()),
        emission_(*this, out_, rejects_, panes_, std::move(function), options) {}

  void* output(unsigned index) override {
    switch (index) {
      case 1:
        return rejects_.output();
      case 2:
        return &late_left_.output();
      case 3:
        return &late_right_.output();
      default:
        return &out_;
    }
  }
  bool resume() override {
    if (!go_on(false)) return false;
    held_ = false;
    return true;
  }

  void save(Barrier& barrier) const override {
    barrier.save_later(*this, std::make_unique<FrozenJoin<Types>>(panes_, watermark_));
  }
  Result<void> load(const StateItem& item) override {
    JoinLoader<Types> loader(panes_, emission_, options_.allowed_lateness, this->lane().arenas(),
                             this->subtask(), parallelism_);
    return loader.load(watermark_, item.bytes);
  }
  std::string state_schema() const override {
    return "join{key:" + schema_of<typename Types::Key>() + ",left:" + record_schema<Left>() +
           ",right:" + record_schema<Right>() + "}";
  }
  bool regroups(const StateItem& item) const override {
    return JoinLoader<Types>::regroups(options_.size, item.bytes);
  }

 private:
  static constexpr std::uint32_t ahead = 16;  // records whose place in the table is asked for
  struct Placed {
    Pane* pane;
    typename Types::Looked key;
    typename Table::hash_type hash;
    std::uint32_t row;
    bool fired;  ///< the window has
  };
  /// A control event that waits until the results before it have left.
  struct Control {
    enum Kind : unsigned char { watermark, idle, partition, end } kind;
    Timestamp time{};
    std::uint32_t index = 0;
    PartitionEvent event{};
  };

  void push_left(Batch<Left>& batch) override { take(batch, left_keys_, late_left_, left_side); }
  void push_right(Batch<Right>& batch) override {
    take(batch, right_keys_, late_right_, right_side);
  }
  static constexpr auto left_side = [](auto& of) -> auto& { return of.left; };
  static constexpr auto right_side = [](auto& of) -> auto& { return of.right; };

  void watermark(Timestamp t) override {
    watermark_ = std::max(watermark_, t);
    late_left_.output().watermark(t);
    late_right_.output().watermark(t);
    control({.kind = Control::watermark, .time = t});
  }
  void idle() override {
    late_left_.output().idle();
    late_right_.output().idle();
    control({.kind = Control::idle});
  }
  void partition(std::size_t side, std::uint32_t index, PartitionEvent event) override {
    if (side == 0)
      late_left_.output().partition(index, event);
    else
      late_right_.output().partition(index, event);
    const auto of_both = static_cast<std::uint32_t>(2 * index + side);
    control({.kind = Control::partition, .index = of_both, .event = event});
  }
  void barrier(Barrier& barrier) override {
    drain();
    late_left_.output().barrier(barrier);
    late_right_.output().barrier(barrier);
    rejects_.barrier(barrier);
    save(barrier);
    out_.barrier(barrier);
  }
  void end() override {
    late_left_.output().end();
    late_right_.output().end();
    control({.kind = Control::end});
  }

  template <class T, class Keys, class Side>
  void take(Batch<T>& batch, Keys& keys, LateOutput<T>& late, Side side);
  template <class T, class Keys>
  void place(Batch<T>& batch, std::uint32_t i, Keys& keys, LateOutput<T>& late);
  template <class T, class Side>
  void keep(const Batch<T>& batch, const Placed& at, Side side);
  /// f(i) for i < n; a record for which it throws is rejected: bytes_of(i) are its bytes.
  template <class F, class RowOf, class T>
  void guarded(std::uint32_t n, const Batch<T>& batch, F&& f, RowOf&& row_of) {
    for (std::uint32_t i = 0; i < n;) {
      try {
        for (; i < n; ++i) f(i);
      } catch (...) {
        rejects_.reject(std::current_exception(), bytes_for_dead_letter(batch[row_of(i)]));
        ++i;
      }
    }
  }

  void emit() {
    if (held_ || go_on(false)) return;
    held_ = true;
    this->lane().hold(*this);
  }
  bool go_on(bool at_once) {
    if (!emission_.run(watermark_, at_once)) return false;
    for (const Control& c : controls_) forward(c);
    controls_.clear();
    return true;
  }
  /// Emits what is held back, credit or not: what comes now must see it gone.
  void drain() {
    if (held_ || emission_.due(watermark_)) go_on(true);
  }
  void control(const Control& c) {
    if (held_ || emission_.due(watermark_)) {
      controls_.push_back(c);
      emit();
    } else {
      panes_.set_fired(watermark_);
      forward(c);
    }
  }
  void forward(const Control& c) {
    switch (c.kind) {
      case Control::watermark:
        return out_.watermark(c.time);
      case Control::idle:
        return out_.idle();
      case Control::partition:
        return out_.partition(c.index, c.event);
      case Control::end:
        rejects_.end();
        return out_.end();
    }
  }

  WindowOptions options_;
  std::uint32_t parallelism_;
  typename Types::LeftKeys left_keys_;
  typename Types::RightKeys right_keys_;
  Output<Out> out_;
  Rejects rejects_;
  LateOutput<Left> late_left_;
  LateOutput<Right> late_right_;
  PaneMap<Pane> panes_;
  JoinEmission<Types> emission_;
  Timestamp watermark_ = start_of_time;
  bool held_ = false;
  std::vector<Control> controls_;

  // Of the batch at work.
  std::vector<Placed> placed_;  // runs past its end as far as is looked ahead
  std::vector<Pane*> touched_;
  Timestamp last_start_ = end_of_time;
  bool last_fired_ = false;
};

template <class Types>
template <class T, class Keys, class Side>
void WindowJoinStep<Types>::take(Batch<T>& batch, Keys& keys, LateOutput<T>& late, Side side) {
  const std::uint32_t n = batch.size();
  if (n == 0) return;
  // Corrections still to leave are about what came before this batch.
  if (options_.allowed_lateness > Duration::zero()) drain();
  keys.reset();
  late.begin(n);
  placed_.clear();
  touched_.clear();
  last_start_ = end_of_time;
  guarded(
      n, batch, [&](std::uint32_t i) { place(batch, i, keys, late); },
      [](std::uint32_t i) { return i; });
  const auto count = static_cast<std::uint32_t>(placed_.size());
  if (count != 0) {
    placed_.insert(placed_.end(), ahead, Placed(placed_[0]));
    for (std::uint32_t i = 0; i < ahead; ++i) placed_[i].pane->table.prefetch(placed_[i].hash);
    guarded(
        count, batch,
        [&](std::uint32_t i) {
          const Placed& next = placed_[i + ahead];
          next.pane->table.prefetch(next.hash);
          keep(batch, placed_[i], side);
        },
        [&](std::uint32_t i) { return placed_[i].row; });
  }
  for (Pane* pane : touched_)
    if (!panes_.charge(*pane)) [[unlikely]]
      throw_state_limit(this->name(), panes_.charged(), this->lane().state());
  rejects_.flush();
  late.flush();
  if (emission_.due(watermark_)) emit();
}

/// Notes the window and the key of a record.
template <class Types>
template <class T, class Keys>
void WindowJoinStep<Types>::place(Batch<T>& batch, std::uint32_t i, Keys& keys,
                                  LateOutput<T>& late) {
  const WindowGrid& grid = panes_.grid();
  const Timestamp t = batch.time(i);
  if (!grid.fits(t, options_.allowed_lateness)) throw_outside(t);
  if (last_start_ == end_of_time || t < last_start_ || t - last_start_ >= options_.size) {
    const Timestamp start = grid.pane_of(t);
    if (start + options_.size + options_.allowed_lateness <= watermark_) {
      this->counters().late.add(1);
      return late.take(batch, i);
    }
    last_start_ = start;
    last_fired_ = panes_.fired(start);
    touched_.push_back(&panes_.at(start));
  }
  const typename Types::Looked key = keys(batch[i]);
  placed_.push_back({touched_.back(), key, Table::hash(key), i, last_fired_});
}

/// Adds a record to those of its key and window.
template <class Types>
template <class T, class Side>
void WindowJoinStep<Types>::keep(const Batch<T>& batch, const Placed& at, Side side) {
  Pane& pane = *at.pane;
  auto& store = side(pane);
  store.copy(batch[at.row], this->lane().arenas());
  auto& matches = pane.table.upsert_small(at.hash, at.key).value;
  store.add(side(matches));
  if (at.fired)
    emission_.correct(panes_.grid().pane_of(batch.time(at.row)), pane,
                      pane.table.entry(at.hash, at.key));
}

}  // namespace millrace::detail
