// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/operators/late_output.hpp"
#include "millrace/operators/window_emission.hpp"
#include "millrace/operators/window_errors.hpp"
#include "millrace/operators/window_options.hpp"
#include "millrace/operators/window_state.hpp"
#include "millrace/operators/window_types.hpp"

namespace millrace {

/// Aggregates the records of each key and window, and gives the results once the watermark has
/// reached the window's end. Output 0: the results, each with the last microsecond of its window as
/// its time. Output 1: dead letters. Output 2: the records that came too late.
///
/// A record is late when the watermark has reached its window's end plus the allowed lateness; that
/// depends on the watermark alone. Within the allowed lateness a window that has fired takes more
/// records: each key that got some gives its corrected result, with the next `fire`, at the end of
/// the batch that held them.
/// Errors: Failure (limit_exceeded) past the state budget. Cost: no allocation per record or window
/// after warm-up; a batch that lies in two windows is hashed whole, then applied while the memory
/// it needs is on its way.
template <class T, class KeyFn, AggregatorOf<T> A>
class WindowStep final : public GuardedLink<T, typename detail::WindowTypes<T, KeyFn, A>::Out>,
                         public Emission {
  using Types = detail::WindowTypes<T, KeyFn, A>;
  using Base = GuardedLink<T, typename Types::Out>;
  using Pane = typename Types::Pane;
  using Table = typename Types::Table;
  using Looked = typename Types::Looked;
  using Hash = typename Table::hash_type;

 public:
  using Out = typename Types::Out;

  WindowStep(const StepContext& context, KeyFn key, A aggregator, WindowOptions options)
      : Base(context, options.on_error),
        options_(options),
        keys_(std::move(key)),
        aggregator_(std::move(aggregator)),
        panes_(options.size, context.lane.state()),
        emission_(panes_, aggregator_, options) {
    resize(Batch<T>::default_capacity);
  }

  void push(Batch<T>& batch) override {
    const std::uint32_t n = batch.size();
    this->counters().in.add(n);
    if (n == 0) return;
    // Corrections still to leave are about what came before this batch.
    if (held_ && options_.allowed_lateness > Duration::zero()) drain();
    if (n + ahead > tables_.size()) resize(n);
    keys_.reset();
    late_.begin(n);
    if (!add_near(batch)) add_far(batch);
    this->rejects_.flush();
    late_.flush();
    if (emission_.due(watermark_)) emit();
  }

  void watermark(Timestamp t) override {
    watermark_ = std::max(watermark_, t);
    late_.output().watermark(t);
    control({.kind = Control::watermark, .time = t});
  }
  void idle() override {
    late_.output().idle();
    control({.kind = Control::idle});
  }
  void partition(std::uint32_t index, PartitionEvent event) override {
    late_.output().partition(index, event);
    control({.kind = Control::partition, .index = index, .event = event});
  }
  void barrier(Barrier& barrier) override {
    drain();
    late_.output().barrier(barrier);
    Base::barrier(barrier);
  }
  void end() override {
    late_.output().end();
    control({.kind = Control::end});
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
    detail::save_window<Types>(panes_, watermark_,
                               [&](StateItem item) { barrier.save(*this, std::move(item)); });
  }
  Result<void> load(const StateItem& item) override {
    return detail::load_window<Types>(panes_, watermark_, item.bytes);
  }

 private:
  /// How many records before its own turn a table's memory is asked for.
  static constexpr std::uint32_t ahead = 16;

  /// A control event that waits until the results before it have left.
  struct Control {
    enum Kind : unsigned char { watermark, idle, partition, end } kind;
    Timestamp time{};
    std::uint32_t index = 0;
    PartitionEvent event{};
  };

  void resize(std::uint32_t n) {
    tables_.resize(n + ahead);
    hashes_.resize(n + ahead);
    looked_.resize(n);
    rows_.resize(n);
  }
  /// What a dead letter keeps of record i.
  static auto bytes_of(const Batch<T>& batch) {
    return [&batch](std::uint32_t i) { return bytes_for_dead_letter(batch[i]); };
  }

  /// Adds to an entry that upsert gave; a key whose first record throws is not there.
  template <class Aggregator>
  [[gnu::always_inline]] static void add(Aggregator& aggregator, Table& table, Hash h, Looked key,
                                         typename Table::Slot slot, const T& record) {
    if constexpr (noexcept(aggregator.add(slot.value, record))) {
      aggregator.add(slot.value, record);
    } else {
      try {
        aggregator.add(slot.value, record);
      } catch (...) {
        if (slot.fresh) table.undo(h, key);
        throw;
      }
    }
  }
  void charge(Pane& pane) {
    if (!panes_.charge(pane)) [[unlikely]]
      detail::throw_state_limit(this->name(), panes_.charged(), this->lane().state());
  }

  bool add_near(Batch<T>& batch);
  bool stage(const Batch<T>& batch, Timestamp edge, Pane& before, Pane& after);
  void apply_small(const Batch<T>& batch);
  void apply_large(const Batch<T>& batch, Pane& before, Pane& after);
  void apply_rest(const Batch<T>& batch);
  void start_prefetching(std::uint32_t n);
  void add_far(Batch<T>& batch);
  void place(Batch<T>& batch, std::uint32_t i);
  void correct(Timestamp start, Pane& pane, const T& record);
  void apply_rows(const Batch<T>& batch);

  void emit() {
    if (held_) return;
    if (go_on()) return;
    held_ = true;
    this->lane().hold(*this);
  }
  bool go_on(bool at_once = false) {
    const bool done = emission_.run(watermark_, [&](Batch<Out>& results) {
      this->counters().out.add(results.size());
      this->out_.push(results);
      return at_once || this->lane().has_credit();
    });
    if (!done) return false;
    for (const Control& c : controls_) forward(c);
    controls_.clear();
    return true;
  }
  /// Emits what is held back, credit or not: what comes now must see it gone.
  void drain() {
    if (held_) go_on(true);
  }
  void control(const Control& c) {
    if (held_ || emission_.due(watermark_)) {
      controls_.push_back(c);
      emit();
    } else {
      forward(c);
    }
  }
  void forward(const Control& c) {
    switch (c.kind) {
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
  typename Types::Keys keys_;
  A aggregator_;
  detail::PaneMap<Pane> panes_;
  detail::WindowEmission<Types> emission_;
  detail::LateOutput<T> late_;
  Timestamp watermark_ = start_of_time;
  bool held_ = false;
  std::vector<Control> controls_;

  // The batch at work: where its records go. The first two run `ahead` past its end.
  std::vector<Table*> tables_;
  std::vector<Hash> hashes_;
  std::vector<Looked> looked_;
  std::vector<std::uint32_t> rows_;
  std::uint32_t placed_ = 0;
  std::vector<Pane*> touched_;
  Timestamp last_start_ = end_of_time;
  Pane* last_pane_ = nullptr;
};

/// A batch that lies in two neighbouring windows which have not fired, as most do: a compare tells
/// which of the two a record belongs to.
template <class T, class KeyFn, AggregatorOf<T> A>
bool WindowStep<T, KeyFn, A>::add_near(Batch<T>& batch) {
  Timestamp low = batch.min_time();
  Timestamp high = batch.max_time();
  if (low > high) {  // nobody set them
    const auto [least, greatest] = std::minmax_element(batch.times(), batch.times() + batch.size());
    low = *least, high = *greatest;
  }
  if (!panes_.fits(low, options_.allowed_lateness) || !panes_.fits(high, options_.allowed_lateness))
    return false;
  const Timestamp first = panes_.start_of(low);
  const Timestamp edge = panes_.start_of(high);
  if (edge - first > options_.size || first + options_.size <= watermark_) return false;
  Pane& before = panes_.at(first);
  Pane& after = panes_.at(edge);
  if (!stage(batch, edge, before, after)) [[unlikely]]
    apply_rest(batch);
  else if (before.table.small() && after.table.small())
    apply_small(batch);
  else
    apply_large(batch, before, after);
  charge(before);
  charge(after);
  return true;
}

/// Works out where each record of the batch goes; false when one was rejected.
template <class T, class KeyFn, AggregatorOf<T> A>
bool WindowStep<T, KeyFn, A>::stage(const Batch<T>& batch, Timestamp edge, Pane& before,
                                    Pane& after) {
  const T* const values = batch.values();
  const Timestamp* const times = batch.times();
  Table** const tables = tables_.data();
  Hash* const hashes = hashes_.data();
  Looked* const looked = looked_.data();
  bool whole = true;
  this->guarded(
      0, batch.size(),
      [&](std::uint32_t i) {
        looked[i] = keys_(values[i]);
        hashes[i] = Table::hash(looked[i]);
        tables[i] = times[i] >= edge ? &after.table : &before.table;
      },
      [&](std::uint32_t i) {
        whole = false;
        tables[i] = nullptr;
        return bytes_for_dead_letter(values[i]);
      });
  return whole;
}

/// Tables that the first cache level holds: a key is there nearly always, and near.
template <class T, class KeyFn, AggregatorOf<T> A>
void WindowStep<T, KeyFn, A>::apply_small(const Batch<T>& batch) {
  const T* const values = batch.values();
  Table* const* const tables = tables_.data();
  const Hash* const hashes = hashes_.data();
  const Looked* const looked = looked_.data();
  detail::LocalAggregator<A, T> aggregator(aggregator_);
  this->guarded(
      0, batch.size(),
      [&](std::uint32_t i) {
        Table& table = *tables[i];
        add(*aggregator, table, hashes[i], looked[i], table.upsert_small(hashes[i], looked[i]),
            values[i]);
      },
      bytes_of(batch));
}

/// Large tables: no branch on whether a key is there, and its memory is on its way.
template <class T, class KeyFn, AggregatorOf<T> A>
void WindowStep<T, KeyFn, A>::apply_large(const Batch<T>& batch, Pane& before, Pane& after) {
  const std::uint32_t n = batch.size();
  const T* const values = batch.values();
  before.table.ensure(n);
  after.table.ensure(n);
  start_prefetching(n);
  Table* const* const tables = tables_.data();
  const Hash* const hashes = hashes_.data();
  const Looked* const looked = looked_.data();
  const Table* const second = &after.table;
  std::uint32_t fresh = 0;
  std::uint32_t fresh_in_second = 0;
  detail::LocalAggregator<A, T> aggregator(aggregator_);
  this->guarded(
      0, n,
      [&](std::uint32_t i) {
        tables[i + ahead]->prefetch(hashes[i + ahead]);
        Table& table = *tables[i];
        const auto slot = table.upsert_uncounted(hashes[i], looked[i]);
        fresh += slot.fresh;
        fresh_in_second += static_cast<std::uint32_t>(slot.fresh & (&table == second));
        add(*aggregator, table, hashes[i], looked[i], slot, values[i]);
      },
      bytes_of(batch));
  after.table.count_fresh(fresh_in_second);
  before.table.count_fresh(fresh - fresh_in_second);
}

/// Asks for the memory of the first records; the last ones ask for something harmless.
template <class T, class KeyFn, AggregatorOf<T> A>
void WindowStep<T, KeyFn, A>::start_prefetching(std::uint32_t n) {
  std::fill_n(tables_.begin() + n, ahead, tables_[0]);
  std::fill_n(hashes_.begin() + n, ahead, hashes_[0]);
  for (std::uint32_t i = 0; i < ahead; ++i) tables_[i]->prefetch(hashes_[i]);
}

/// Applies a batch without the records whose keys were rejected.
template <class T, class KeyFn, AggregatorOf<T> A>
void WindowStep<T, KeyFn, A>::apply_rest(const Batch<T>& batch) {
  placed_ = 0;
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    if (!tables_[i]) continue;
    tables_[placed_] = tables_[i];
    hashes_[placed_] = hashes_[i];
    looked_[placed_] = looked_[i];
    rows_[placed_++] = i;
  }
  apply_rows(batch);
}

/// Any batch: of many windows, late, or beyond what a window can hold.
template <class T, class KeyFn, AggregatorOf<T> A>
void WindowStep<T, KeyFn, A>::add_far(Batch<T>& batch) {
  placed_ = 0;
  touched_.clear();
  last_start_ = end_of_time;
  this->guarded(
      0, batch.size(), [&](std::uint32_t i) { place(batch, i); }, bytes_of(batch));
  apply_rows(batch);
  for (Pane* pane : touched_) charge(*pane);
}

template <class T, class KeyFn, AggregatorOf<T> A>
void WindowStep<T, KeyFn, A>::place(Batch<T>& batch, std::uint32_t i) {
  const Timestamp t = batch.time(i);
  if (!panes_.fits(t, options_.allowed_lateness)) detail::throw_outside(t);
  if (last_start_ == end_of_time || t < last_start_ || t - last_start_ >= options_.size) {
    const Timestamp start = panes_.start_of(t);
    if (start + options_.size + options_.allowed_lateness <= watermark_) {
      this->counters().late.add(1);
      return late_.take(batch, i);
    }
    last_start_ = start;
    last_pane_ = &panes_.at(start);
    touched_.push_back(last_pane_);
  }
  if (last_pane_->fired) return correct(last_start_, *last_pane_, batch[i]);
  const Looked key = keys_(batch[i]);
  tables_[placed_] = &last_pane_->table;
  hashes_[placed_] = Table::hash(key);
  looked_[placed_] = key;
  rows_[placed_++] = i;
}

template <class T, class KeyFn, AggregatorOf<T> A>
void WindowStep<T, KeyFn, A>::apply_rows(const Batch<T>& batch) {
  const std::uint32_t n = placed_;
  const T* const values = batch.values();
  if (n == 0) return;
  start_prefetching(n);
  this->guarded(
      0, n,
      [&](std::uint32_t i) {
        tables_[i + ahead]->prefetch(hashes_[i + ahead]);
        Table& table = *tables_[i];
        add(aggregator_, table, hashes_[i], looked_[i], table.upsert_small(hashes_[i], looked_[i]),
            values[rows_[i]]);
      },
      [&](std::uint32_t i) { return bytes_for_dead_letter(values[rows_[i]]); });
}

/// A record for a window that has fired and still takes corrections.
template <class T, class KeyFn, AggregatorOf<T> A>
void WindowStep<T, KeyFn, A>::correct(Timestamp start, Pane& pane, const T& record) {
  const Looked key = keys_(record);
  const Hash h = Table::hash(key);
  const auto slot = pane.table.upsert_small(h, key);
  const bool fresh = slot.fresh;
  add(aggregator_, pane.table, h, key, slot, record);
  auto& correction = pane.correction(key);
  if (fresh) correction.fires = 0;
  if (correction.due) return;
  correction.due = true;
  auto& due = pane.corrections->due;
  if (due.empty()) emission_.correct(start);
  due.push_back(pane.table.entry(h, key));
}

}  // namespace millrace
