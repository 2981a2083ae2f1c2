// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/graph/budget.hpp"

namespace millrace::detail {

/// The open windows of one size, by their starts. Panes are recycled, the last one used first,
/// because its memory is the warmest; a new one is made for as many keys as the last one had.
/// Pane: has a table, fired, charged, and recycle(expected keys).
template <class Pane>
class PaneMap {
 public:
  using Map = std::map<Timestamp, Pane>;
  using iterator = typename Map::iterator;

  PaneMap(Duration size, StateBudget& budget) : size_(size), budget_(budget) {}
  PaneMap(const PaneMap&) = delete;
  PaneMap& operator=(const PaneMap&) = delete;
  ~PaneMap() {
    for (auto& [start, pane] : open_) budget_.release(pane.charged);
    for (auto& node : free_) budget_.release(node.mapped().charged);
  }

  Duration size() const { return size_; }
  /// The start of the window that t lies in. Contract: fits(t).
  Timestamp start_of(Timestamp t) const {
    Duration into = t.time_since_epoch() % size_;
    if (into < Duration::zero()) into += size_;
    return t - into;
  }
  /// False for the times at the ends of what a Timestamp can hold, which are in no whole window.
  bool fits(Timestamp t, Duration lateness) const {
    return t >= start_of_time + size_ && t < end_of_time - size_ - lateness;
  }

  /// The pane of the window that starts here, opened if need be.
  Pane& at(Timestamp start) {
    const auto found = open_.lower_bound(start);
    if (found != open_.end() && found->first == start) return found->second;
    first_ = std::min(first_, start);
    if (free_.empty()) {
      // No window has fired yet, or all panes are in use: the one before knows best.
      const std::size_t before = found == open_.begin() ? 0 : std::prev(found)->second.table.size();
      const auto made = open_.try_emplace(found, start);
      made->second.table.ensure(std::max(expected_, before) + 1);
      return made->second;
    }
    auto node = std::move(free_.back());
    free_.pop_back();
    node.key() = start;
    return open_.insert(found, std::move(node))->second;
  }
  Map& open() { return open_; }
  const Map& open() const { return open_; }

  /// Has a window that has not fired come to its end?
  bool some_due(Timestamp watermark) const { return first_ != none && first_ + size_ <= watermark; }
  /// Has the oldest one come to its end and `lateness` beyond?
  bool oldest_over(Timestamp watermark, Duration lateness) const {
    return !open_.empty() && open_.begin()->first + size_ + lateness <= watermark;
  }
  /// The first window that has not fired, if the watermark has reached its end.
  iterator first_due(Timestamp watermark) {
    return some_due(watermark) ? open_.find(first_) : open_.end();
  }
  void fired(iterator pane) {
    pane->second.fired = true;
    find_first(std::next(pane));
  }

  /// Looks for the first that has not fired, after panes were loaded.
  void find_first() { find_first(open_.begin()); }

  /// Says how many keys a window that has fired held.
  void learn(std::size_t keys) { expected_ = keys; }
  /// Closes a pane; its table was erased.
  void close(iterator pane) {
    if (pane->first == first_) find_first(std::next(pane));
    auto node = open_.extract(pane);
    node.mapped().recycle(expected_);
    if (free_.size() < most_free) {
      charge(node.mapped());
      free_.push_back(std::move(node));
    } else {
      budget_.release(node.mapped().charged);
    }
  }
  /// Accounts for a pane's growth; false when the state budget's limit is passed.
  bool charge(Pane& pane) {
    const std::size_t bytes = sizeof(typename Map::node_type) + sizeof(Pane) + pane.bytes();
    if (bytes == pane.charged) [[likely]]
      return true;
    bool within = true;
    if (bytes > pane.charged)
      within = budget_.add(bytes - pane.charged);
    else
      budget_.release(pane.charged - bytes);
    pane.charged = bytes;
    return within;
  }
  /// Bytes of all panes, used or kept for reuse.
  std::size_t charged() const {
    std::size_t bytes = 0;
    for (const auto& [start, pane] : open_) bytes += pane.charged;
    for (const auto& node : free_) bytes += node.mapped().charged;
    return bytes;
  }

 private:
  static constexpr std::size_t most_free = 8;
  static constexpr Timestamp none = end_of_time;
  void find_first(iterator from) {
    while (from != open_.end() && from->second.fired) ++from;
    first_ = from == open_.end() ? none : from->first;
  }
  Duration size_;
  StateBudget& budget_;
  Map open_;
  std::vector<typename Map::node_type> free_;
  std::size_t expected_ = 0;
  Timestamp first_ = none;  ///< the start of the first window that has not fired
};

}  // namespace millrace::detail
