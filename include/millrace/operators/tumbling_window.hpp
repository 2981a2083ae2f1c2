// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/original_bytes.hpp"
#include "millrace/core/value_json.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/operators/late_output.hpp"
#include "millrace/operators/window_emission.hpp"
#include "millrace/operators/window_errors.hpp"
#include "millrace/operators/window_kernel.hpp"
#include "millrace/operators/window_options.hpp"
#include "millrace/operators/window_state.hpp"
#include "millrace/operators/window_types.hpp"

namespace millrace {

/// Aggregates the records of each key and window, tumbling or sliding, and gives the results once
/// the watermark has reached the window's end. Output 0: the results, each with the last
/// microsecond of its window as its time. Output 1: dead letters. Output 2: the records that came
/// too late.
///
/// A window takes records until the watermark has reached its end plus the allowed lateness; a
/// record that no window takes any more is late. That depends on the watermark alone. Within the
/// allowed lateness a window that has fired takes more records: each key that got some gives its
/// corrected result, with the next `fire`, at the end of the batch that held them.
/// A key whose panes' states can't be merged gives no result for that window but a dead letter.
///
/// Errors: Failure (limit_exceeded) past the state budget.
/// Cost: no allocation per record or window after warm-up; a batch that lies in two panes is hashed
/// whole, then applied while the memory it needs is on its way. A late record is looked up in each
/// pane of each window that it corrects.
template <class T, class KeyFn, AggregatorOf<T> A, class Kind = Tumbling>
class WindowStep final : public GuardedLink<T, typename detail::WindowTypes<T, KeyFn, A>::Out>,
                         public Emission {
  static_assert(std::is_same_v<Kind, Tumbling> || MergingAggregatorOf<A, T>,
                "millrace: windows that overlap need an aggregator with 'void merge(State& into, "
                "const State& from)'");
  using Types = detail::WindowTypes<T, KeyFn, A, Kind>;
  using Base = GuardedLink<T, typename Types::Out>;
  using Pane = typename Types::Pane;
  using Key = typename Types::Keys::Key;

 public:
  using Out = typename Types::Out;

  WindowStep(const StepContext& context, KeyFn key, A aggregator, WindowOptions options)
      : Base(context, options.on_error),
        options_(options),
        parallelism_(context.parallelism),
        kernel_(typename Types::Keys(std::move(key)), std::move(aggregator)),
        panes_(detail::WindowGrid(options), context.lane.state()),
        emission_(panes_, kernel_.aggregator(), options) {}

  void push(Batch<T>& batch) override {
    const std::uint32_t n = batch.size();
    this->counters().in.add(n);
    if (n == 0) return;
    // Results still to leave are about what came before this batch.
    if (Types::overlap || options_.allowed_lateness > Duration::zero()) drain();
    kernel_.begin(n);
    late_.begin(n);
    if (!add_near(batch)) add_far(batch);
    this->rejects_.flush();
    late_.flush();
    if (emission_.due(watermark_)) emit();
  }

  void watermark(Timestamp t) override {
    watermark_ = std::max(watermark_, t);
    late_.output().watermark(t);
    control({.what = Control::watermark, .time = t});
  }
  void idle() override {
    late_.output().idle();
    control({.what = Control::idle});
  }
  void partition(std::uint32_t index, PartitionEvent event) override {
    late_.output().partition(index, event);
    control({.what = Control::partition, .index = index, .event = event});
  }
  void barrier(Barrier& barrier) override {
    drain();
    late_.output().barrier(barrier);
    Base::barrier(barrier);
  }
  void end() override {
    late_.output().end();
    control({.what = Control::end});
  }
  bool resume() override {
    if (!go_on()) return false;
    held_ = false;
    return true;
  }

  void* output(unsigned index) override {
    return index == 2 ? static_cast<void*>(&late_.output()) : Base::output(index);
  }

  void save(Barrier& barrier) const override {
    barrier.save_later(*this,
                       std::make_unique<detail::FrozenWindows<Types>>(panes_, watermark_, spare_));
  }
  Result<void> load(const StateItem& item) override {
    return detail::WindowLoader<Types>(panes_, emission_, options_.allowed_lateness,
                                       this->subtask(), parallelism_)
        .load(watermark_, item.bytes);
  }
  std::string state_schema() const override {
    return std::string(Types::overlap ? "sliding_" : "") +
           "window{key:" + schema_of<typename Types::Keys::Key>() +
           ",state:" + schema_of<typename Types::State>() + "}";
  }
  bool regroups(const StateItem& item) const override {
    return detail::WindowLoader<Types>::regroups(panes_.grid(), item.bytes);
  }

 private:
  /// A control event that waits until the results before it have left.
  struct Control {
    enum What : unsigned char { watermark, idle, partition, end } what;
    Timestamp time{};
    std::uint32_t index = 0;
    PartitionEvent event{};
  };

  /// Where records of a stretch of time go.
  struct Place {
    Timestamp start;
    Pane* pane;    ///< null: they are late
    bool correct;  ///< a window with the pane has fired and takes them
  };

  auto guard() {
    return [this](std::uint32_t first, std::uint32_t last, auto&& f, auto&& bytes)
        __attribute__((always_inline)) {
      this->guarded(first, last, f, bytes);
    };
  }
  void charge(Pane& pane) {
    if (!panes_.charge(pane)) [[unlikely]]
      throw_over_limit();
  }
  [[noreturn]] void throw_over_limit() {
    detail::throw_state_limit(this->name(), panes_.charged(), this->lane().state());
  }

  bool add_near(Batch<T>& batch);
  void add_far(Batch<T>& batch);
  void place(Batch<T>& batch, std::uint32_t i);
  const Place& place_of(Timestamp t);
  void correct(Timestamp start, Pane& pane, const T& record);
  /// The start of the first window with the pane that still takes records.
  Timestamp first_open(Timestamp pane_start) const {
    const detail::WindowGrid& grid = panes_.grid();
    const Timestamp first = grid.first_with(pane_start);
    const Duration lateness = options_.allowed_lateness;
    if (first + grid.size + lateness > watermark_) return first;
    return grid.first_ending_after(watermark_ - lateness);
  }
  /// Is the key in a pane of this window, that one apart?
  bool elsewhere(Timestamp window, const Pane& pane, typename Types::Table::hash_type hash,
                 typename Types::Looked key) {
    const auto end = panes_.open().lower_bound(window + panes_.grid().size);
    for (auto at = panes_.open().lower_bound(window); at != end; ++at)
      if (&at->second != &pane && at->second.table.find(hash, key)) return true;
    return false;
  }

  void emit() {
    if (held_) return;
    if (go_on()) return;
    held_ = true;
    this->lane().hold(*this);
  }
  bool go_on(bool at_once = false) {
    const bool done = emission_.run(
        watermark_,
        [&](Batch<Out>& results) {
          this->counters().out.add(results.size());
          this->out_.push(results);
          return at_once || this->lane().has_credit();
        },
        [&](const std::exception_ptr& thrown, const Key& key, TimeWindow window) {
          this->rejects_.reject(thrown, ValueJson::of(detail::KeyAndWindow<Key>{key, window}));
        });
    this->rejects_.flush();
    if (emission_.over_budget()) [[unlikely]]
      throw_over_limit();
    if (!done) return false;
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
    switch (c.what) {
      case Control::watermark:
        return Base::watermark(c.time);
      case Control::idle:
        return Base::idle();
      case Control::partition:
        return Base::partition(c.index, c.event);
      case Control::end:
        return Base::end();
    }
  }

  WindowOptions options_;
  std::uint32_t parallelism_;
  detail::WindowKernel<Types> kernel_;
  detail::PaneMap<Pane> panes_;
  std::shared_ptr<detail::SparePanes<Pane>> spare_ = std::make_shared<detail::SparePanes<Pane>>();
  detail::WindowEmission<Types> emission_;
  detail::LateOutput<T> late_;
  Timestamp watermark_ = start_of_time;
  bool held_ = false;
  std::vector<Control> controls_;

  // Of the batch at work.
  std::vector<Place> places_;
  std::size_t last_ = 0;
  std::vector<Pane*> noted_;  ///< what else may have grown
};

/// A batch that lies in two neighbouring panes of which no window has fired, as most do: a compare
/// tells which of the two a record belongs to.
template <class T, class KeyFn, AggregatorOf<T> A, class Kind>
bool WindowStep<T, KeyFn, A, Kind>::add_near(Batch<T>& batch) {
  Timestamp low = batch.min_time();
  Timestamp high = batch.max_time();
  if (low > high) {  // nobody set them
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      low = std::min(low, batch.time(i));
      high = std::max(high, batch.time(i));
    }
  }
  const detail::WindowGrid& grid = panes_.grid();
  if (!grid.fits(low, options_.allowed_lateness) || !grid.fits(high, options_.allowed_lateness))
    return false;
  const Timestamp first = grid.pane_of(low);
  const Timestamp edge = grid.pane_of(high);
  if (edge - first > grid.pane || first + grid.pane <= watermark_) return false;
  Pane& before = panes_.at(first);
  Pane& after = edge == first ? before : panes_.at(edge);
  kernel_.add(guard(), batch, edge, before.table, after.table);
  charge(before);
  if (&after != &before) charge(after);
  return true;
}

/// Any batch: of many panes, late, or beyond what a window can hold.
template <class T, class KeyFn, AggregatorOf<T> A, class Kind>
void WindowStep<T, KeyFn, A, Kind>::add_far(Batch<T>& batch) {
  places_.clear();
  noted_.clear();
  this->guarded(
      0, batch.size(), [&](std::uint32_t i) { place(batch, i); },
      [&](std::uint32_t i) { return bytes_for_dead_letter(batch[i]); });
  kernel_.add_placed(guard(), batch);
  for (const Place& place : places_)
    if (place.pane) charge(*place.pane);
  for (Pane* pane : noted_) charge(*pane);
}

template <class T, class KeyFn, AggregatorOf<T> A, class Kind>
void WindowStep<T, KeyFn, A, Kind>::place(Batch<T>& batch, std::uint32_t i) {
  const Timestamp t = batch.time(i);
  if (!panes_.grid().fits(t, options_.allowed_lateness)) detail::throw_outside(t);
  const Place& to = place_of(t);
  if (!to.pane) {
    this->counters().late.add(1);
    late_.take(batch, i);
  } else if (to.correct) {
    correct(to.start, *to.pane, batch[i]);
  } else {
    kernel_.place(batch[i], i, to.pane->table);
  }
}

/// Where records of this time go; neighbours in a batch tend to go to the same few places.
template <class T, class KeyFn, AggregatorOf<T> A, class Kind>
auto WindowStep<T, KeyFn, A, Kind>::place_of(Timestamp t) -> const Place& {
  constexpr std::size_t most_looked_at = 16;
  const detail::WindowGrid& grid = panes_.grid();
  const auto has = [&](const Place& p) { return t >= p.start && t - p.start < grid.pane; };
  if (last_ < places_.size() && has(places_[last_])) return places_[last_];
  const std::size_t oldest = places_.size() - std::min(places_.size(), most_looked_at);
  for (last_ = places_.size(); last_-- > oldest;)
    if (has(places_[last_])) return places_[last_];
  const Timestamp start = grid.pane_of(t);
  const Timestamp open = first_open(start);
  Place place{start, nullptr, false};
  if (open <= start) {  // windows with a pane begin with it or before
    place.pane = &panes_.at(start);
    place.correct = panes_.fired(open);
    if (panes_.fired(grid.first_with(start))) emission_.changed(start);
  }
  last_ = places_.size();
  places_.push_back(place);
  return places_.back();
}

/// A record for windows that have fired and still take corrections.
template <class T, class KeyFn, AggregatorOf<T> A, class Kind>
void WindowStep<T, KeyFn, A, Kind>::correct(Timestamp start, Pane& pane, const T& record) {
  const auto added = kernel_.add_now(record, pane.table);
  const detail::WindowGrid& grid = panes_.grid();
  for (Timestamp at = first_open(start); at <= start && panes_.fired(at); at += grid.slide) {
    Pane& notes = at == start ? pane : panes_.at(at);
    const auto [note, fresh] = notes.correction(added.key);
    if (fresh && added.fresh && !elsewhere(at, pane, added.hash, added.key)) note.fires = 0;
    if (fresh && &notes != &pane) noted_.push_back(&notes);
    emission_.correct(at, notes, note, added.key);
  }
}

}  // namespace millrace
