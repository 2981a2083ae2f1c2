// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "millrace/state/map_cell.hpp"

namespace millrace {

/// A map from K to V for each key of the stream.
///
///     MapState<std::string, std::uint32_t> seen{"seen"};
///     for (auto [word, times] : seen) ...
///
/// Entries are in the order of integers and of texts; of other keys, in that of their encoded
/// bytes. K and V are whatever a Codec takes, default-constructible and copyable. Threads,
/// Lifetime: those of its operator.
template <class K, class V>
class MapState : public StateHandle {
  using Keys = detail::MapKeys<K>;

 public:
  using Cell = detail::MapCell<K, V>;
  using key_type = K;
  using mapped_type = V;
  /// A K; for texts anything that is a std::string_view.
  using Key = typename Keys::Given;
  explicit MapState(std::string name, StateOptions options = {})
      : StateHandle(std::move(name), options) {}
  /// A copy is a handle of the same name, not yet of any key.
  MapState(const MapState& other) : StateHandle(other) {}
  MapState& operator=(const MapState& other) {
    if (this != &other) StateHandle::operator=(other);
    return *this;
  }

  /// The value of a key of the map, or null. Lifetime: until it is changed, or the call ends.
  const V* get(Key key) {
    const Place at = look(key);
    return at == cell_->entries.end() ? nullptr : &at->second.value;
  }
  bool contains(Key key) { return get(key) != nullptr; }
  /// Gives a key of the map this value. Cost: O(log n), as all that concerns one entry.
  void put(Key key, V value) {
    change(key, [&](V& kept) { kept = std::move(value); });
  }
  /// Changes a value in place: f(value&), which is V{} when there was none.
  template <class F>
  void update(Key key, F f) {
    change(key, f);
  }
  /// Nothing happens when there is no such entry.
  void erase(Key key) {
    here();
    const auto& lookup = Keys::lookup(key);
    const Place at = cell_->entries.find(lookup);
    if (at != cell_->entries.end()) take_out(at);
  }
  /// The key at hand has no entries from now on.
  void clear() {
    if (here().empty()) return;
    begin_change();
    if (std::exchange(cleared_, true)) {
      drop(*cell_);
    } else {
      std::swap(before_, *cell_);
      context_->heap_bytes -= static_cast<std::int64_t>(before_.bytes);
      *cell_ = {};
    }
  }
  std::size_t size() { return whole().entries.size(); }
  bool empty() { return size() == 0; }

  /// Over the entries, as pairs of a key and a value. Contract: the map is not changed meanwhile.
  class Iterator;
  Iterator begin() { return Iterator(whole().entries.begin()); }
  Iterator end() { return Iterator(here().entries.end()); }

  static constexpr detail::StateKind kind = detail::StateKind::map;

  // For steps.
  using kept_type = std::pair<K, V>;
  void bind(detail::StateContext& context) { context_ = &context; }
  void at(Cell* cell) {
    cell_ = cell;
    changed_ = false;
  }
  bool changed() const { return changed_; }
  void undo();
  void commit(Cell&, std::uint32_t) {}
  // Takes out the entries whose time to live is over; true when there were any.
  bool expire(Cell& cell) const {
    return expire_each(cell, [&](Place at) {
      give_back(cell, Cell::bytes_of(*at));
      return cell.entries.erase(at);
    });
  }
  // Stamps a cell that was saved without stamps of this handle's.
  void stamp_anew(Cell& cell) const {
    cell.oldest = detail::no_entry;
    for (auto& [key, entry] : cell.entries) {
      entry.written = stamp(detail::no_entry);
      if (expires()) cell.oldest = detail::older(cell.oldest, entry.written);
    }
  }

 private:
  using Entries = typename Cell::Entries;
  using Place = typename Entries::iterator;
  // One change, for undo().
  struct Change {
    const typename Cell::Stored* key = nullptr;  ///< of what was put
    bool fresh = false;
    typename Cell::Entry before{};
    typename Entries::node_type taken{};  ///< or what was taken out
  };

  Cell& here() {
    if (!cell_) [[unlikely]]
      detail::throw_no_key(name());
    return *cell_;
  }
  void begin_change() {
    if (std::exchange(changed_, true)) return;
    cleared_ = false;
    changes_.clear();
    bytes_before_ = cell_->bytes;
    oldest_before_ = cell_->oldest;
  }
  // An entry that has not expired, or the end.
  Place look(Key key) {
    here();
    const auto& lookup = Keys::lookup(key);
    const Place at = cell_->entries.find(lookup);
    if (!expires() || at == cell_->entries.end()) [[likely]]
      return at;
    if (expired(at->second.written)) {
      take_out(at);
      return cell_->entries.end();
    }
    if (options().refresh == TtlRefresh::on_read) {
      note_change(at, false);
      at->second.written = stamp(at->second.written);
    }
    return at;
  }
  // All entries that have not expired.
  Cell& whole() {
    Cell& cell = here();
    expire_each(cell, [&](Place at) {
      const Place next = std::next(at);
      take_out(at);
      return next;
    });
    if (expires() && options().refresh == TtlRefresh::on_read)
      for (Place at = cell.entries.begin(); at != cell.entries.end(); ++at) {
        note_change(at, false);
        at->second.written = stamp(at->second.written);
      }
    return cell;
  }
  template <class Take>
  bool expire_each(Cell& cell, Take&& take) const {
    if (!expires() || cell.empty() || !expired(cell.oldest)) return false;
    detail::Stamp oldest = detail::no_entry;
    bool some = false;
    for (Place at = cell.entries.begin(); at != cell.entries.end();) {
      if (expired(at->second.written)) {
        at = take(at);
        some = true;
      } else {
        oldest = detail::older(oldest, at->second.written);
        ++at;
      }
    }
    cell.oldest = oldest;  // not before the first change, which undo() keeps it for
    return some;
  }
  void note_change(Place at, bool fresh) {
    begin_change();
    if (cleared_) return;  // undo() throws away all that came after
    Change& change = changes_.emplace_back();
    change.key = &at->first;
    change.fresh = fresh;
    if (!fresh) change.before = at->second;
  }
  void take_out(Place at) {
    begin_change();
    give_back(*cell_, Cell::bytes_of(*at));
    auto taken = cell_->entries.extract(at);
    if (!cleared_) changes_.emplace_back().taken = std::move(taken);
  }
  void give_back(Cell& cell, std::size_t bytes) const {
    cell.bytes -= bytes;
    context_->heap_bytes -= static_cast<std::int64_t>(bytes);
  }
  void drop(Cell& cell) const {
    context_->heap_bytes -= static_cast<std::int64_t>(cell.bytes);
    cell = {};
  }
  template <class F>
  void change(Key key, F&& f);

  Cell* cell_ = nullptr;
  Cell before_;  ///< when cleared_
  std::vector<Change> changes_;
  std::size_t bytes_before_ = 0;
  detail::Stamp oldest_before_ = detail::no_entry;
  bool changed_ = false;
  bool cleared_ = false;
};

template <class K, class V>
class MapState<K, V>::Iterator {
 public:
  explicit Iterator(typename Entries::const_iterator at) : at_(at) {}
  auto operator*() const {
    if constexpr (Keys::as_is)
      return std::pair<const K&, const V&>(at_->first, at_->second.value);
    else
      return std::pair<K, const V&>(Keys::restore(at_->first), at_->second.value);
  }
  Iterator& operator++() {
    ++at_;
    return *this;
  }
  bool operator==(const Iterator&) const = default;

 private:
  typename Entries::const_iterator at_;
};

template <class K, class V>
template <class F>
void MapState<K, V>::change(Key key, F&& f) {
  const Place old = look(key);
  Place at = old;
  const bool fresh = old == cell_->entries.end();
  if (fresh) {
    at = cell_->entries.try_emplace(typename Cell::Stored(Keys::lookup(key))).first;
  } else {
    note_change(at, false);
  }
  const std::size_t before = fresh ? 0 : Cell::bytes_of(*at);
  try {
    f(at->second.value);
  } catch (...) {
    if (fresh)
      cell_->entries.erase(at);
    else
      give_back(*cell_, before - Cell::bytes_of(*at));
    throw;
  }
  if (fresh) note_change(at, true);
  at->second.written = stamp(fresh ? detail::no_entry : at->second.written);
  if (expires()) cell_->oldest = detail::older(cell_->oldest, at->second.written);
  give_back(*cell_, before - Cell::bytes_of(*at));  // most often a negative number of them
}

template <class K, class V>
void MapState<K, V>::undo() {
  if (!std::exchange(changed_, false)) return;
  const auto now = static_cast<std::int64_t>(cell_->bytes);
  if (cleared_) std::swap(*cell_, before_);
  for (; !changes_.empty(); changes_.pop_back()) {
    Change& change = changes_.back();
    if (change.taken)
      cell_->entries.insert(std::move(change.taken));
    else if (change.fresh)
      cell_->entries.erase(cell_->entries.find(*change.key));
    else
      cell_->entries.find(*change.key)->second = std::move(change.before);
  }
  cell_->bytes = bytes_before_;
  cell_->oldest = oldest_before_;
  context_->heap_bytes += static_cast<std::int64_t>(bytes_before_) - now;
}

}  // namespace millrace
