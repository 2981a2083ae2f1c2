// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "millrace/state/codec.hpp"
#include "millrace/state/heap_bytes.hpp"
#include "millrace/state/migration.hpp"
#include "millrace/state/state_handle.hpp"

namespace millrace {
namespace detail {

/// What a row keeps for a list.
template <class T>
struct ListCell {
  std::vector<T> items;
  std::vector<Stamp> written;  ///< of each item; empty when items do not expire
  Stamp oldest = no_entry;     ///< of them

  bool empty() const { return items.empty(); }
  std::size_t heap_bytes() const {
    return detail::heap_bytes(items) + written.capacity() * sizeof(Stamp);
  }
  void write(std::string& out, bool stamped) const {
    Codec<std::vector<T>>::write(out, items);
    if (stamped)
      for (const Stamp stamp : written) Codec<Stamp>::write(out, stamp);
  }
  Result<void> read(StateReader& in, bool stamped, Migration<T>& values) {
    std::uint32_t size = 0;
    if (auto done = Codec<std::uint32_t>::read(in, size); !done) return done;
    for (std::uint32_t i = 0; i < size; ++i) {
      if (in.empty()) return in.corrupted("a list ends early");
      T item{};
      if (auto done = values.read(in, item); !done) return done;
      items.push_back(std::move(item));
    }
    for (std::uint32_t i = 0; stamped && i < size; ++i) {
      Stamp stamp = 0;
      if (auto done = Codec<Stamp>::read(in, stamp); !done) return done;
      push_stamp(stamp);
    }
    return {};
  }
  void push_stamp(Stamp stamp) {
    written.push_back(stamp);
    note(stamp);
  }
  Stamp note(Stamp stamp) {
    oldest = older(oldest, stamp);
    return stamp;
  }
  /// Keeps the first n items, of which none is older than `oldest_left`.
  void cut(std::size_t n, Stamp oldest_left) {
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(n), items.end());
    if (!written.empty()) written.resize(n);
    oldest = oldest_left;
  }
};

}  // namespace detail

/// A list for each key, in the order in which its items were added.
///
///     ListState<Tick> recent{"recent", {.ttl = 10min}};
///
/// A T is whatever a Codec takes, default-constructible and copyable.
/// Threads, Lifetime: those of its operator. Cost: for a record that changes more than the list's
/// end, a copy of the list, which a failure of the record brings back.
template <class T>
class ListState : public StateHandle {
  static_assert(!std::is_same_v<T, bool>, "millrace: ListState<bool>: keep a char or an enum");

 public:
  using value_type = T;
  explicit ListState(std::string name, StateOptions options = {})
      : StateHandle(std::move(name), options) {}

  /// The items of the key at hand. Lifetime of what these give: until the list is changed, or the
  /// call ends.
  const T* begin() { return look().items.data(); }
  const T* end() { return begin() + here().items.size(); }
  std::size_t size() { return look().items.size(); }
  bool empty() { return size() == 0; }
  const T& operator[](std::size_t i) { return look().items[i]; }

  /// Puts an item at the end. Cost: amortised O(1).
  void add(T item) {
    Cell& cell = here();
    if (kept_ == Kept::nothing) {
      kept_ = Kept::size;
      size_before_ = cell.items.size();
      oldest_before_ = cell.oldest;
    }
    const std::size_t before = array_bytes();
    context_->heap_bytes += static_cast<std::int64_t>(detail::heap_bytes(item));
    cell.items.push_back(std::move(item));
    if (expires()) cell.push_stamp(stamp(detail::no_entry));
    context_->heap_bytes += static_cast<std::int64_t>(array_bytes() - before);
  }
  /// Replaces the whole list.
  void assign(std::vector<T> items) {
    Cell& cell = here();
    const std::size_t before = cell.heap_bytes();
    keep(false);
    cell.items = std::move(items);
    cell.written.clear();
    cell.oldest = detail::no_entry;
    stamp_anew(cell);
    grown(before);
  }
  /// Takes out the items for which `gone(item)` is true; the others keep their order.
  /// Errors: what `gone` throws; what it has not seen stays.
  template <class F>
  void erase_if(F gone) {
    if (look().items.empty()) return;
    keep(true);
    erase_where(*cell_, [&](std::size_t i) { return gone(std::as_const(cell_->items[i])); });
  }
  /// The key at hand has no items from now on.
  void clear() {
    if (!here().empty()) assign({});
  }

  static constexpr detail::StateKind kind = detail::StateKind::list;

  // For steps.
  using Cell = detail::ListCell<T>;
  using kept_type = T;
  void bind(detail::StateContext& context) { context_ = &context; }
  void at(Cell* cell) {
    cell_ = cell;
    kept_ = Kept::nothing;
  }
  bool changed() const { return kept_ != Kept::nothing; }
  // Leaves the cell as it was when at() was called.
  void undo() {
    const Kept kept = std::exchange(kept_, Kept::nothing);
    if (kept == Kept::nothing) return;
    const std::size_t before = cell_->heap_bytes();
    if (kept == Kept::all)
      std::swap(*cell_, before_);
    else
      cell_->cut(size_before_, oldest_before_);
    grown(before);
  }
  void commit(Cell&, std::uint32_t) {}
  // Takes out the items whose time to live is over; true when there were any.
  bool expire(Cell& cell) const {
    if (cell.empty() || !expired(cell.oldest)) return false;
    erase_where(cell, [&](std::size_t i) { return expired(cell.written[i]); });
    return true;
  }
  // Stamps a cell that was saved without stamps of this handle's.
  void stamp_anew(Cell& cell) const {
    cell.written.clear();
    if (!expires()) return;
    cell.written.assign(cell.items.size(), stamp(detail::no_entry));
    if (!cell.empty()) cell.oldest = cell.written.front();
  }

 private:
  enum class Kept : unsigned char { nothing, size, all };

  Cell& here() {
    if (!cell_) [[unlikely]]
      detail::throw_no_key(name());
    return *cell_;
  }
  // The list without what has expired.
  const Cell& look() {
    Cell& cell = here();
    if (!expires() || cell.empty()) [[likely]]
      return cell;
    if (expired(cell.oldest)) {
      keep(true);
      expire(cell);
    }
    if (options().refresh == TtlRefresh::on_read && !cell.empty()) {
      keep(true);
      cell.oldest = detail::no_entry;
      for (detail::Stamp& written : cell.written) written = cell.note(stamp(written));
    }
    return cell;
  }
  // What undo() needs before anything but an append; with `contents` the list stays, too.
  void keep(bool contents) {
    const Kept kept = std::exchange(kept_, Kept::all);
    if (kept == Kept::all) return;
    if (contents || kept == Kept::size)
      before_ = *cell_;
    else
      std::swap(before_, *cell_);
    if (kept == Kept::size) before_.cut(size_before_, oldest_before_);
  }
  template <class F>
  void erase_where(Cell& cell, F&& gone) const {
    const std::size_t before = cell.heap_bytes();
    std::size_t to = 0;
    std::exception_ptr thrown;
    cell.oldest = detail::no_entry;
    for (std::size_t i = 0; i < cell.items.size(); ++i) {
      try {
        if (!thrown && gone(i)) continue;
      } catch (...) {
        thrown = std::current_exception();
      }
      if (to != i) cell.items[to] = std::move(cell.items[i]);
      if (!cell.written.empty()) cell.written[to] = cell.note(cell.written[i]);
      ++to;
    }
    cell.cut(to, cell.oldest);
    context_->heap_bytes += static_cast<std::int64_t>(cell.heap_bytes() - before);
    if (thrown) std::rethrow_exception(thrown);
  }
  std::size_t array_bytes() const {
    return cell_->items.capacity() * sizeof(T) + cell_->written.capacity() * sizeof(detail::Stamp);
  }
  // The cell held `before` bytes until now.
  void grown(std::size_t before) {
    context_->heap_bytes += static_cast<std::int64_t>(cell_->heap_bytes() - before);
  }

  Cell* cell_ = nullptr;
  Cell before_;
  std::size_t size_before_ = 0;
  detail::Stamp oldest_before_ = detail::no_entry;
  Kept kept_ = Kept::nothing;
};

}  // namespace millrace
