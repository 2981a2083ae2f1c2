// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/graph/budget.hpp"
#include "millrace/operators/window_grid.hpp"

namespace millrace::detail {

/// The open panes of a step, by their starts, and which windows over them have fired. Panes are
/// recycled, the last one used first, because its memory is the warmest; a new one is made for as
/// many keys as the last one had.
/// Pane: has a table, charged, bytes(), and recycle(expected keys).
template <class Pane>
class PaneMap {
 public:
  using Map = std::map<Timestamp, Pane>;
  using iterator = typename Map::iterator;

  PaneMap(WindowGrid grid, StateBudget& budget) : grid_(grid), budget_(budget) {}
  PaneMap(const PaneMap&) = delete;
  PaneMap& operator=(const PaneMap&) = delete;
  ~PaneMap() { budget_.release(charged_); }

  const WindowGrid& grid() const { return grid_; }

  /// The pane that starts here, opened if need be.
  Pane& at(Timestamp start) {
    const auto found = open_.lower_bound(start);
    if (found != open_.end() && found->first == start) return found->second;
    next_ = std::min(next_, first_unfired(start));
    // While no window has fired, and where the last one was but a part, the pane before knows best.
    const std::size_t before = found == open_.begin() ? 0 : std::prev(found)->second.table.size();
    iterator made;
    if (free_.empty()) {
      made = open_.try_emplace(found, start);
    } else {
      auto node = std::move(free_.back());
      free_.pop_back();
      node.key() = start;
      made = open_.insert(found, std::move(node));
    }
    made->second.table.ensure(std::max(expected_, before) + 1);  // now there is nothing to move
    return made->second;
  }
  Map& open() { return open_; }
  const Map& open() const { return open_; }

  /// Has a window that has not fired come to its end?
  bool some_due(Timestamp watermark) const {
    return next_ != none && next_ + grid_.size <= watermark;
  }
  /// The start of the first one. Contract: some_due().
  Timestamp first_due() const { return next_; }
  /// Have the last window with the oldest pane come to its end and `lateness` beyond?
  bool oldest_over(Timestamp watermark, Duration lateness) const {
    return !open_.empty() &&
           grid_.last_with(open_.begin()->first) + grid_.size + lateness <= watermark;
  }
  /// Has the window that starts here fired, if only because nothing was in it?
  bool fired(Timestamp start) const { return start + grid_.size <= fired_until_; }
  /// All windows that end up to here have.
  void set_fired(Timestamp until) {
    fired_until_ = std::max(fired_until_, until);
    if (some_due(fired_until_)) find_next();
  }

  /// Says how many keys a pane of a window that has fired held.
  void learn(std::size_t keys) { expected_ = keys; }
  std::size_t expected() const { return expected_; }
  /// Closes a pane; its table was erased.
  void close(iterator pane) {
    auto node = open_.extract(pane);
    node.mapped().recycle(expected_);
    if (free_.size() < most_free) {
      charge(node.mapped());
      free_.push_back(std::move(node));
    } else {
      release(node.mapped());
    }
  }
  /// Accounts for a pane's growth; false when the state budget's limit is passed.
  bool charge(Pane& pane) {
    const std::size_t bytes = sizeof(typename Map::node_type) + sizeof(Pane) + pane.bytes();
    if (bytes == pane.charged) [[likely]]
      return true;
    charged_ += bytes - pane.charged;
    bool within = true;
    if (bytes > pane.charged)
      within = budget_.add(bytes - pane.charged);
    else
      budget_.release(pane.charged - bytes);
    pane.charged = bytes;
    return within;
  }
  void release(Pane& pane) {
    charged_ -= pane.charged;
    budget_.release(std::exchange(pane.charged, 0));
  }
  /// Bytes of all panes, used or kept for reuse.
  std::size_t charged() const { return charged_; }

 private:
  static constexpr std::size_t most_free = 8;
  static constexpr Timestamp none = end_of_time;

  /// The start of the first window with this pane that has not fired.
  Timestamp first_unfired(Timestamp pane_start) const {
    const Timestamp first = grid_.first_with(pane_start);
    if (!fired(first)) return first;
    const Timestamp next = grid_.first_ending_after(fired_until_);
    return next <= pane_start ? next : none;
  }
  void find_next() {
    const Timestamp first = grid_.first_ending_after(fired_until_);
    const auto pane = open_.lower_bound(first);
    next_ = pane == open_.end() ? none : std::max(first, grid_.first_with(pane->first));
  }

  WindowGrid grid_;
  StateBudget& budget_;
  Map open_;
  std::vector<typename Map::node_type> free_;
  std::size_t expected_ = 0;
  std::size_t charged_ = 0;
  Timestamp next_ = none;  ///< the start of the first window with a pane that has not fired
  Timestamp fired_until_ = start_of_time;
};

}  // namespace millrace::detail
