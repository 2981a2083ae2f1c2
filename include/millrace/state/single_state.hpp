// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <utility>

#include "millrace/state/codec.hpp"
#include "millrace/state/heap_bytes.hpp"
#include "millrace/state/migration.hpp"
#include "millrace/state/state_handle.hpp"

namespace millrace::detail {

/// What a row keeps for a handle of one value a key.
template <class T>
struct SingleCell {
  T value{};
  Stamp written = no_entry;

  bool empty() const { return written == no_entry; }
  std::size_t heap_bytes() const { return detail::heap_bytes(value); }
  void write(std::string& out, bool stamped) const {
    Codec<T>::write(out, value);
    if (stamped) Codec<Stamp>::write(out, written);
  }
  Result<void> read(StateReader& in, bool stamped, Migration<T>& values) {
    if (auto done = values.read(in, value); !done) return done;
    written = 0;
    if (!stamped) return {};
    if (auto done = Codec<Stamp>::read(in, written); !done) return done;
    return written == no_entry ? in.corrupted("a value is saved that is none") : Result<void>();
  }
};

/// A handle of one value a key: the half that value, reducing and aggregating state share.
template <class T>
class SingleState : public StateHandle {
  static_assert(std::is_copy_constructible_v<T> && std::is_default_constructible_v<T>,
                "millrace: what keyed state keeps must be default-constructible and copyable");

 public:
  /// The key at hand has no value from now on.
  void clear() {
    if (here().empty()) return;
    const std::size_t before = cell_->heap_bytes();
    if (!std::exchange(changed_, true)) std::swap(before_, *cell_);
    Cell none;
    std::swap(*cell_, none);  // assigning would keep what a T has allocated
    grown(before);
  }

  // For steps.
  using Cell = SingleCell<T>;
  using kept_type = T;
  void bind(StateContext& context) { context_ = &context; }
  void at(Cell* cell) {
    cell_ = cell;
    changed_ = false;
  }
  bool changed() const { return changed_; }
  /// Leaves the cell as it was when at() was called.
  void undo() {
    if (!std::exchange(changed_, false)) return;
    std::swap(*cell_, before_);
    grown(before_.heap_bytes());
  }
  void commit(Cell&, std::uint32_t) {}
  /// Empties the cell when its time to live is over; true when it did.
  bool expire(Cell& cell) const {
    if (cell.empty() || !expired(cell.written)) return false;
    context_->heap_bytes -= static_cast<std::int64_t>(cell.heap_bytes());
    Cell none;
    std::swap(cell, none);
    return true;
  }
  /// Stamps a cell that was saved without stamps of this handle's.
  void stamp_anew(Cell& cell) const { cell.written = stamp(no_entry); }

 protected:
  using StateHandle::StateHandle;

  /// Null when there is none.
  const T* look() {
    Cell& cell = here();
    if (cell.empty()) return nullptr;
    if (expires()) [[unlikely]] {
      if (expired(cell.written)) {
        clear();
        return nullptr;
      }
      if (options().refresh == TtlRefresh::on_read) {
        keep();
        cell.written = stamp(cell.written);
      }
    }
    return &cell.value;
  }
  void put(T&& value) {
    Cell& cell = here();
    const Stamp written = stamp(cell.written);
    const std::size_t before = cell.heap_bytes();
    if (!std::exchange(changed_, true)) std::swap(before_, cell);
    cell.value = std::move(value);
    cell.written = written;
    grown(before);
  }
  /// f(value) changes it in place; it is T{} when there was none, and stays none when f throws.
  template <class F>
  void change(F&& f) {
    Cell& cell = here();
    if (!cell.empty() && expired(cell.written)) clear();
    keep();
    const std::size_t before = cell.heap_bytes();
    try {
      f(cell.value);
      cell.written = stamp(cell.written);
    } catch (...) {
      if (T none{}; cell.empty()) std::swap(cell.value, none);
      grown(before);
      throw;
    }
    grown(before);
  }

 private:
  Cell& here() {
    if (!cell_) [[unlikely]]
      throw_no_key(name());
    return *cell_;
  }
  void keep() {
    if (std::exchange(changed_, true)) return;
    before_ = *cell_;
  }
  /// The cell held `before` bytes until now.
  void grown(std::size_t before) {
    context_->heap_bytes += static_cast<std::int64_t>(cell_->heap_bytes() - before);
  }

  Cell* cell_ = nullptr;
  Cell before_;
  bool changed_ = false;
};

}  // namespace millrace::detail
