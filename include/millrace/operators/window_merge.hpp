// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <exception>
#include <map>
#include <new>
#include <utility>
#include <vector>

#include "millrace/operators/pane.hpp"
#include "millrace/operators/window_types.hpp"

namespace millrace::detail {

/// Makes one table of the panes of a window.
///
/// A window of few panes merges each of them: tables are read in the order of hashes, so that this
/// sweeps memory, and costs less per key than its result does. Of many panes, four neighbours are
/// merged once into a node, and four nodes into one of the next level, as long as two fit a window;
/// a window takes the largest ones that it covers, some log(panes) of them. Nothing is subtracted
/// when a pane leaves: that would serve counts and integer sums alone, and needs to know which keys
/// are gone.
/// Cost: nodes hold about a third of the keys that panes hold, for each level.
template <class Types>
class WindowMerge {
  using Table = typename Types::Table;
  using Pane = typename Types::Pane;
  using Looked = typename Types::Looked;
  using Due = typename Types::Corrections::Table::Entry;

 public:
  WindowMerge(PaneMap<Pane>& panes, typename Types::Aggregator& aggregator)
      : panes_(panes), aggregator_(aggregator) {
    const WindowGrid& grid = panes.grid();
    for (Duration span = grid.pane * fan_out; span <= grid.size / 2; span *= fan_out)
      levels_.push_back({.span = span});
  }
  WindowMerge(const WindowMerge&) = delete;
  WindowMerge& operator=(const WindowMerge&) = delete;
  ~WindowMerge() {
    panes_.release(whole_);
    panes_.release(few_);
    for (Level& level : levels_) {
      for (auto& [start, node] : level.nodes) panes_.release(node.pane);
      for (auto& node : level.free) panes_.release(node.mapped().pane);
    }
  }

  /// The keys and states of the window that starts here. Contract: none starting later was asked
  /// for. Lifetime: until clear(), which the next one needs.
  Table& window(Timestamp start) {
    most_keys_ = 0;
    cover(whole_.table, start, start + panes_.grid().size, levels_.size());
    if (most_keys_) panes_.learn(most_keys_);
    charge(whole_);
    return whole_.table;
  }
  /// The same of some keys alone.
  Table& keys(Timestamp start, const std::vector<Due>& due) {
    const auto first = panes_.open().lower_bound(start);
    const auto last = panes_.open().lower_bound(start + panes_.grid().size);
    for (const Due& entry : due) {
      const Looked key = entry.key();
      const auto hash = Table::hash(key);
      for (auto pane = first; pane != last; ++pane)
        if (auto* const from = pane->second.table.find(hash, key))
          if (!add(few_.table, few_.table.upsert_small(hash, key), hash, key, pane->second.table,
                   *from))
            break;
    }
    charge(few_);
    return few_.table;
  }
  /// Contract: the entries of the table that was asked for were erased.
  void clear() {
    for (Pane* pane : {&whole_, &few_})
      if (pane->table.size()) pane->recycle(pane->table.size());
    if (refused_.size()) refused_.erase_all(), refused_.forget(0);
  }

  /// A pane that a window with it has fired of took a record.
  void changed(Timestamp pane_start) {
    for (Level& level : levels_) {
      const auto node = level.nodes.find(WindowGrid::floor(pane_start, level.span));
      if (node != level.nodes.end()) drop(level, node);
    }
  }
  /// No window that starts before this one comes any more.
  void forget_before(Timestamp start) {
    for (Level& level : levels_)
      while (!level.nodes.empty() && level.nodes.begin()->first < start)
        drop(level, level.nodes.begin());
  }

  /// Keys of the window whose states could not be merged: they give no result.
  bool some_refused() const { return refused_.size() > 0; }
  bool refused(Looked key) { return refused_.find(refused_.hash(key), key) != nullptr; }
  template <class F>
  void for_each_refused(F&& f) {
    typename Refused::Cursor cursor;
    std::vector<typename Refused::Entry> entries;
    while (!cursor.ended)
      for (std::size_t i = 0, n = refused_.read(cursor, entries, 0); i < n; ++i)
        f(entries[i].key(), entries[i].value());
  }
  /// Did nodes and windows pass the state budget's limit?
  bool over_budget() const { return over_budget_; }

 private:
  static constexpr int fan_out = 4;
  static constexpr std::size_t ahead = 16;
  static constexpr std::size_t most_free = 4;

  struct Node {
    Pane pane;
    bool whole = false;  ///< else a merge threw, and windows go down to what it is made of
  };
  struct Level {
    Duration span;
    std::map<Timestamp, Node> nodes{};
    std::vector<typename std::map<Timestamp, Node>::node_type> free{};
  };
  using Refused = KeyTable<typename Types::Keys::Raw, std::exception_ptr>;

  /// Merges what lies in [from, to) into a table, with nodes of the lowest `levels`.
  void cover(Table& into, Timestamp from, Timestamp to, std::size_t levels) {
    for (Timestamp at = from;;) {
      const auto pane = panes_.open().lower_bound(at);
      if (pane == panes_.open().end() || pane->first >= to) return;
      Table* table = &pane->second.table;
      at = pane->first + panes_.grid().pane;
      for (std::size_t i = levels; i-- > 0;) {
        const Timestamp start = WindowGrid::floor(pane->first, levels_[i].span);
        if (start < from || start + levels_[i].span > to) continue;
        Node& node = node_at(i, start);
        if (!node.whole) continue;
        table = &node.pane.table;
        at = start + levels_[i].span;
        break;
      }
      if (table == &pane->second.table) most_keys_ = std::max(most_keys_, table->size());
      merge(into, *table);
    }
  }
  Node& node_at(std::size_t level_index, Timestamp start) {
    Level& level = levels_[level_index];
    const auto found = level.nodes.lower_bound(start);
    if (found != level.nodes.end() && found->first == start) return found->second;
    Node* node = nullptr;
    if (level.free.empty()) {
      node = &level.nodes.try_emplace(found, start)->second;
    } else {
      auto recycled = std::move(level.free.back());
      level.free.pop_back();
      recycled.key() = start;
      node = &level.nodes.insert(found, std::move(recycled))->second;
    }
    const bool threw_before = std::exchange(threw_, false);
    cover(node->pane.table, start, start + level.span, level_index);
    node->whole = !std::exchange(threw_, threw_before);
    charge(node->pane);
    return *node;
  }
  void drop(Level& level, typename std::map<Timestamp, Node>::iterator at) {
    auto node = level.nodes.extract(at);
    Pane& pane = node.mapped().pane;
    pane.table.erase_all();
    pane.recycle(pane.table.size());
    charge(pane);
    if (level.free.size() < most_free)
      level.free.push_back(std::move(node));
    else
      panes_.release(pane);
  }
  void charge(Pane& pane) { over_budget_ |= !panes_.charge(pane); }

  /// Merges a table into another, one memory access ahead of the other.
  void merge(Table& into, Table& from) {
    for (typename Table::Cursor cursor; !cursor.ended;) {
      const std::size_t n = from.read(cursor, entries_, 0);
      const auto* const entries = entries_.data();
      into.ensure(n);
      typename Table::Probe probe(into);
      std::size_t fresh = 0;
      for (std::size_t i = 0; i < n; ++i) {
        if (i + ahead < n) probe.prefetch(entries[i + ahead].key_hash());
        const auto& entry = entries[i];
        const auto h = entry.key_hash();
        const auto slot = probe.upsert(h, entry.key());
        fresh += slot.fresh;
        if constexpr (Table::merges_at_once) {
          if (!Table::merge_at_once(aggregator_, slot.value, entry.value())) [[unlikely]]
            add_apart(into, slot, h, entry.key(), from, entry.value());
        } else {
          add(into, slot, h, entry.key(), from, entry.value());
        }
      }
      into.count_fresh(fresh);
    }
  }
  /// Merges one state; false when that threw.
  [[gnu::always_inline]] bool add(Table& into, typename Table::Slot slot,
                                  typename Table::hash_type hash, Looked key, Table& from,
                                  const typename Table::Value& stored) {
    typename Types::State room{};
    try {
      into.merge(aggregator_, key, slot.value, from.state(key, stored, room));
      return true;
    } catch (...) {
      if (slot.fresh) into.undo(hash, key);
      refuse(into, key);
      return false;
    }
  }
  [[gnu::noinline]] void add_apart(Table& into, typename Table::Slot slot,
                                   typename Table::hash_type hash, Looked key, Table& from,
                                   const typename Table::Value& stored) {
    add(into, slot, hash, key, from, stored);
  }
  /// What the exception at hand says of a key.
  [[gnu::noinline]] void refuse(const Table& into, Looked key) {
    try {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (...) {
      threw_ = true;
      if (&into != &whole_.table && &into != &few_.table) return;
      refused_.upsert_small(refused_.hash(key), key).value = std::current_exception();
    }
  }

  PaneMap<Pane>& panes_;
  typename Types::Aggregator& aggregator_;
  std::vector<Level> levels_;
  Pane whole_;
  Pane few_;
  Refused refused_;
  std::vector<typename Table::Entry> entries_;
  std::size_t most_keys_ = 0;
  bool threw_ = false;
  bool over_budget_ = false;
};

}  // namespace millrace::detail
