// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "millrace/core/batch.hpp"
#include "millrace/core/window.hpp"
#include "millrace/operators/aggregator.hpp"
#include "millrace/operators/pane.hpp"
#include "millrace/operators/window_options.hpp"
#include "millrace/operators/window_order.hpp"

namespace millrace::detail {

/// The results of the windows that are due, a batch at a time: a cursor over panes, stretches of a
/// pane's table, and entries of a stretch. It can stop after each batch and go on later.
template <class Types>
class WindowEmission {
  using Pane = typename Types::Pane;
  using Panes = PaneMap<Pane>;
  using Table = typename Types::Table;
  using Out = typename Types::Out;

 public:
  WindowEmission(Panes& panes, typename Types::Aggregator& aggregator, WindowOptions options)
      : panes_(panes), aggregator_(aggregator), options_(options) {}

  /// Is there anything to emit or close at this watermark?
  bool due(Timestamp watermark) const {
    return reading_ || !corrected_.empty() || panes_.some_due(watermark) ||
           panes_.oldest_over(watermark, options_.allowed_lateness);
  }
  /// A window that has fired took a record: its corrections leave next.
  void correct(Timestamp start) { corrected_.push_back(start); }

  /// Emits everything due; `push(batch)` sends one on and says whether another may follow.
  /// False when it stopped early: call it again.
  template <class Push>
  bool run(Timestamp watermark, Push&& push) {
    for (;;) {
      while (at_ < count_) {
        fill();
        if (!results_.full()) continue;
        const bool more = push(results_);
        results_.clear();
        if (!more) return false;
      }
      if (!next_stretch(watermark)) break;
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
    const TimeWindow window{pane_->first, pane_->first + panes_.size()};
    const Timestamp time = window.end - Duration(1);
    Pane& pane = pane_->second;
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
      out.value = (*aggregator).result(pane.table.state(entry, room));
      out.fire = correcting ? next_fire(pane, entry) : 1;
    }
    std::fill_n(results_.writable_times() + first, count, time);
    results_.resize(first + count);
    at_ += count;
    if (first == 0)
      results_.set_bounds(time, time);
    else
      results_.widen_bounds(time, time);
  }
  static std::uint32_t next_fire(Pane& pane, const typename Table::Entry& entry) {
    auto& correction = pane.correction(entry.key());
    correction.due = false;
    return ++correction.fires;
  }

  /// Goes to the next entries that are due; false when there are none.
  bool next_stretch(Timestamp watermark) {
    at_ = count_ = 0;
    if (reading_) {
      if (!correcting_ && read_on()) return true;
      finish();
    }
    if (!corrected_.empty()) return start_correction();
    const auto pane = panes_.first_due(watermark);
    if (pane != panes_.open().end()) {
      pane_ = pane;
      reading_ = true;
      cursor_ = {};
      panes_.learn(pane_->second.table.size());
      read();
      return true;
    }
    close_old(watermark);
    return false;
  }
  bool keeps() const { return options_.allowed_lateness > Duration::zero(); }
  /// A table is erased as it is read, while its memory is near, unless it is read at once.
  bool erases() const { return !keeps() && options_.order != ResultOrder::key; }
  void read() {
    Table& table = pane_->second.table;
    do {
      count_ += table.read(cursor_, entries_, count_);
    } while (options_.order == ResultOrder::key && !cursor_.ended);
    sort_entries<typename Types::Keys>(entries_.data(), count_, options_.order);
  }
  bool read_on() {
    if (erases()) pane_->second.table.erase_read(cursor_);
    if (cursor_.ended) return false;
    read();
    return true;
  }
  void finish() {
    reading_ = false;
    if (correcting_) {
      correcting_ = false;
      pane_->second.corrections->due.clear();
    } else if (keeps()) {
      panes_.fired(pane_);
    } else {
      if (!erases()) pane_->second.table.erase_all();
      panes_.close(pane_);
    }
  }
  bool start_correction() {
    auto first = corrected_.begin();
    for (auto at = first; at != corrected_.end(); ++at)
      if (*at < *first) first = at;
    pane_ = panes_.open().find(*first);
    corrected_.erase(first);
    reading_ = correcting_ = true;
    Table& table = pane_->second.table;
    const auto& due = pane_->second.corrections->due;
    count_ = due.size();
    if (entries_.size() < count_) entries_.resize(count_);
    // They were noted before the table may have grown.
    for (std::size_t i = 0; i < count_; ++i)
      entries_[i] = table.entry(table.hash(due[i].key()), due[i].key());
    sort_entries<typename Types::Keys>(entries_.data(), count_, options_.order);
    return true;
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
  typename Panes::iterator pane_{};
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
