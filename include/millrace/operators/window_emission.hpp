// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/batch.hpp"
#include "millrace/core/window.hpp"
#include "millrace/operators/aggregator.hpp"
#include "millrace/operators/pane.hpp"
#include "millrace/operators/window_merge.hpp"
#include "millrace/operators/window_options.hpp"
#include "millrace/operators/window_order.hpp"

namespace millrace::detail {

/// Without panes to merge, a window's table is that of its pane.
struct NoMerge {
  template <class... T>
  explicit NoMerge(T&...) {}
};

/// The results of the windows that are due, a batch at a time: a cursor over windows, stretches of
/// a window's table, and entries of a stretch. It can stop after each batch and go on later.
template <class Types>
class WindowEmission {
  using Pane = typename Types::Pane;
  using Panes = PaneMap<Pane>;
  using Table = typename Types::Table;
  using Out = typename Types::Out;

 public:
  WindowEmission(Panes& panes, typename Types::Aggregator& aggregator, WindowOptions options)
      : panes_(panes), aggregator_(aggregator), options_(options), merge_(panes, aggregator) {}

  /// Is there anything to emit or close at this watermark?
  bool due(Timestamp watermark) const {
    return reading_ || !corrected_.empty() || panes_.some_due(watermark) ||
           panes_.oldest_over(watermark, options_.allowed_lateness);
  }
  /// A key of a window that has fired has another value: its result leaves next.
  void correct(Timestamp start, Pane& notes, typename Types::Correction& note,
               typename Types::Looked key) {
    if (std::exchange(note.due, true)) return;
    auto& corrections = *notes.corrections;
    if (corrections.due.empty()) corrected_.push_back(start);
    corrections.due.push_back(corrections.table.entry(corrections.table.hash(key), key));
  }
  /// A key of a pane comes from a subtask whose watermark was behind: it has given no result of the
  /// windows that ended after that and have fired here.
  void owe(Timestamp pane_start, typename Types::Looked key, Timestamp after) {
    const WindowGrid& grid = panes_.grid();
    for (Timestamp at = grid.first_with(pane_start); at <= pane_start && panes_.fired(at);
         at += grid.slide) {
      if (at + grid.size <= after) continue;
      Pane& notes = panes_.at(at);
      const auto [note, fresh] = notes.correction(key);
      if (fresh) note.fires = 0;
      correct(at, notes, note, key);
      panes_.charge(notes);
    }
  }
  /// The same of all keys.
  void owe_all(Timestamp after) {
    for (auto& [start, pane] : panes_.open())
      for (typename Table::Cursor cursor; !cursor.ended;)
        for (std::size_t i = 0, n = pane.table.read(cursor, entries_, 0); i < n; ++i)
          owe(start, entries_[i].key(), after);
  }
  /// A pane that may be part of windows that have fired takes a record.
  void changed(Timestamp pane_start) {
    if constexpr (Types::overlap) merge_.changed(pane_start);
  }
  bool over_budget() const {
    if constexpr (Types::overlap)
      return merge_.over_budget();
    else
      return false;
  }

  /// Emits everything due; `push(batch)` sends one on and says whether another may follow.
  /// `refuse(exception, key, window)` hears of keys whose panes could not be merged.
  /// False when it stopped early: call it again.
  template <class Push, class Refuse>
  bool run(Timestamp watermark, Push&& push, Refuse&& refuse) {
    for (;;) {
      while (at_ < count_) {
        fill();
        if (!results_.full()) continue;
        const bool more = push(results_);
        results_.clear();
        if (!more) return false;
      }
      if (!next_stretch(watermark, refuse)) break;
    }
    if (!results_.empty()) {
      push(results_);
      results_.clear();
    }
    return true;
  }

 private:
  /// Writes results until the batch or the stretch ends.
  void fill() {
    const std::uint32_t first = results_.size();
    const auto count =
        static_cast<std::uint32_t>(std::min<std::size_t>(results_.room(), count_ - at_));
    const TimeWindow window = this->window();
    const Timestamp time = window.end - Duration(1);
    Table& table = *table_;
    // What the loop needs is on the stack: a member would be written and read for each result.
    const auto* const entries = entries_.data() + at_;
    Out* const results = results_.writable() + first;
    const bool correcting = correcting_;
    LocalAggregator<typename Types::Aggregator, typename Types::Record> aggregator(aggregator_);
    typename Types::State room{};
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto& entry = entries[i];
      Out& out = results[i];
      Types::Keys::restore(entry.key(), out.key);
      out.window = window;
      out.value = (*aggregator).result(table.state(entry, room));
      out.fire = correcting ? next_fire(entry) : 1;
    }
    std::fill_n(results_.writable_times() + first, count, time);
    results_.resize(first + count);
    at_ += count;
    if (first == 0)
      results_.set_bounds(time, time);
    else
      results_.widen_bounds(time, time);
  }
  TimeWindow window() const { return {start_, start_ + panes_.grid().size}; }
  /// Where the window's corrections are noted.
  Pane& notes() { return panes_.open().find(start_)->second; }
  std::uint32_t next_fire(const typename Table::Entry& entry) {
    auto& correction = notes_->correction(entry.key()).value;
    correction.due = false;
    return ++correction.fires;
  }

  /// Goes to the next entries that are due; false when there are none.
  template <class Refuse>
  bool next_stretch(Timestamp watermark, Refuse&& refuse) {
    at_ = count_ = 0;
    if (reading_) {
      if (!correcting_ && read_on()) return true;
      finish();
    }
    if (!corrected_.empty()) return start_correction(refuse);
    if (panes_.some_due(watermark)) return start_window(refuse);
    panes_.set_fired(watermark);
    close_old(watermark);
    return false;
  }
  bool keeps() const { return options_.allowed_lateness > Duration::zero(); }
  /// A table is erased as it is read, while its memory is near, unless it is read at once.
  bool erases() const { return (Types::overlap || !keeps()) && options_.order != ResultOrder::key; }
  template <class Refuse>
  bool start_window(Refuse&& refuse) {
    start_ = panes_.first_due();
    reading_ = true;
    cursor_ = {};
    if constexpr (Types::overlap) {
      table_ = &merge_.window(start_);
      tell_refused(refuse);
    } else {
      table_ = &panes_.open().find(start_)->second.table;
      panes_.learn(table_->size());
    }
    read();
    return true;
  }
  void read() {
    do {
      count_ += table_->read(cursor_, entries_, count_);
    } while (options_.order == ResultOrder::key && !cursor_.ended);
    if constexpr (Types::overlap) leave_out_refused();
    sort_entries<typename Types::Keys>(entries_.data(), count_, options_.order);
  }
  bool read_on() {
    if (erases()) table_->erase_read(cursor_);
    if (cursor_.ended) return false;
    read();
    return true;
  }
  void finish() {
    reading_ = false;
    if (correcting_) {
      correcting_ = false;
      notes_->corrections->due.clear();
      if constexpr (Types::overlap) table_->erase_all();
    } else {
      panes_.set_fired(window().end);
      if (!erases() && (Types::overlap || !keeps())) table_->erase_all();
      if constexpr (Types::overlap)
        merge_.forget_before(start_ + panes_.grid().slide);
      else if (!keeps())
        panes_.close(panes_.open().find(start_));
    }
    if constexpr (Types::overlap) merge_.clear();
  }
  template <class Refuse>
  bool start_correction(Refuse&& refuse) {
    const auto first = std::min_element(corrected_.begin(), corrected_.end());
    start_ = *first;
    corrected_.erase(first);
    reading_ = correcting_ = true;
    notes_ = &notes();
    const auto& due = notes_->corrections->due;
    if constexpr (Types::overlap) {
      table_ = &merge_.keys(start_, due);
      tell_refused(refuse);
    } else {
      table_ = &notes_->table;
    }
    if (entries_.size() < due.size()) entries_.resize(due.size());
    for (const auto& noted : due) {
      const auto hash = Table::hash(noted.key());
      if (table_->find(hash, noted.key())) {
        entries_[count_++] = table_->entry(hash, noted.key());
      } else {
        notes_->correction(noted.key()).value.due = false;  // refused
      }
    }
    if constexpr (Types::overlap) leave_out_refused();
    sort_entries<typename Types::Keys>(entries_.data(), count_, options_.order);
    return true;
  }
  template <class Refuse>
  void tell_refused(Refuse&& refuse) {
    if (!merge_.some_refused()) [[likely]]
      return;
    typename Types::Keys::Key key{};
    merge_.for_each_refused([&](typename Types::Looked looked, const std::exception_ptr& thrown) {
      Types::Keys::restore(looked, key);
      refuse(thrown, key, window());
    });
  }
  void leave_out_refused() {
    if (!merge_.some_refused()) [[likely]]
      return;
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto kept = std::remove_if(entries_.begin(), end, [&](const auto& entry) {
      if (!merge_.refused(entry.key())) return false;
      if (correcting_) notes_->correction(entry.key()).value.due = false;
      return true;
    });
    count_ = static_cast<std::size_t>(kept - entries_.begin());
  }
  void close_old(Timestamp watermark) {
    while (panes_.oldest_over(watermark, options_.allowed_lateness)) {
      const auto oldest = panes_.open().begin();
      oldest->second.table.erase_all();
      panes_.close(oldest);
    }
  }

  Panes& panes_;
  typename Types::Aggregator& aggregator_;
  WindowOptions options_;
  std::conditional_t<Types::overlap, WindowMerge<Types>, NoMerge> merge_;
  Timestamp start_{};       ///< of the window at work
  Table* table_ = nullptr;  ///< its keys and states
  Pane* notes_ = nullptr;   ///< of the window that is corrected
  typename Table::Cursor cursor_;
  std::vector<typename Table::Entry> entries_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  bool reading_ = false;
  bool correcting_ = false;
  std::vector<Timestamp> corrected_;
  Batch<Out> results_;
};

}  // namespace millrace::detail
