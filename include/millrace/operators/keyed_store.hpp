// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/graph/barrier.hpp"
#include "millrace/operators/stored_timers.hpp"
#include "millrace/state/row_store.hpp"
#include "millrace/state/timers.hpp"

namespace millrace::detail {

// The keys of a store begin with a row's key group or, for a timer, one of the bytes behind those.
inline constexpr unsigned char first_timer_byte = 0x80;

/// The bytes of a key that was looked up, behind its group: a word's own, or the text's.
template <class Looked>
void append_stored_key(std::string& out, const Looked& key) {
  if constexpr (std::is_same_v<Looked, std::string_view>) {
    out.append(key);
  } else {
    char bytes[sizeof key];
    std::memcpy(bytes, &key, sizeof key);
    out.append(bytes, sizeof key);
  }
}
template <class Looked>
Looked stored_key(std::string_view bytes) {
  if constexpr (std::is_same_v<Looked, std::string_view>) {
    return bytes;
  } else {
    Looked key;
    std::memcpy(&key, bytes.data(), sizeof key);
    return key;
  }
}

/// What a table of rows that is a cache of a RowStore has beside the rows, which it knows by their
/// numbers.
class MILLRACE_EXPORT KeyedStore {
 public:
  explicit KeyedStore(std::unique_ptr<RowStore> store)
      : store_(std::move(store)), timers_(*store_), limit_(store_->row_memory().bytes) {}

  RowStore& rows() { return *store_; }
  StoredTimers& timers() { return timers_; }
  /// What the operator has set and cancelled since it was looked at last.
  std::vector<TimerQueues::Change>& timer_changes() { return timer_changes_; }

  void fetched(std::uint32_t row) { mark(row) = present | stored; }
  void touch(std::uint32_t row) { marks_[row] |= touched; }
  void change(std::uint32_t row) { mark(row) |= present | changed; }
  /// Whether it has to be written; it is the same as its stored copy from then on.
  bool take_changed(std::uint32_t row) {
    if (!(marks_[row] & changed)) return false;
    marks_[row] = static_cast<unsigned char>((marks_[row] & ~changed) | stored);
    return true;
  }
  /// A row has left the table. True when the store has it.
  bool gone(std::uint32_t row) { return std::exchange(mark(row), none) & stored; }

  /// The numbers of rows that the table has, which go around. Looked at twice before it is given:
  /// one that was touched meanwhile stays. Contract: there is one.
  std::uint32_t next_to_go() {
    for (;; ++hand_) {
      if (hand_ >= marks_.size()) hand_ = 0;
      if (!(marks_[hand_] & present)) continue;
      if (!(marks_[hand_] & touched)) return hand_++;
      marks_[hand_] = static_cast<unsigned char>(marks_[hand_] & ~touched);
    }
  }
  /// All rows of the table: f(number).
  template <class F>
  void each(F&& f) const {
    for (std::uint32_t row = 0; row < marks_.size(); ++row)
      if (marks_[row] & present) f(row);
  }
  std::size_t limit() const { return limit_; }
  std::size_t bytes() const { return marks_.capacity(); }

 private:
  enum : unsigned char { none = 0, present = 1, changed = 2, stored = 4, touched = 8 };
  unsigned char& mark(std::uint32_t row) {
    if (row >= marks_.size()) marks_.resize(row + 1);
    return marks_[row];
  }

  std::unique_ptr<RowStore> store_;
  StoredTimers timers_;
  std::vector<TimerQueues::Change> timer_changes_;
  const std::size_t limit_;
  std::vector<unsigned char> marks_;
  std::uint32_t hand_ = 0;
};

/// The rows of a store as they were at the barrier, written down group by group in the form that
/// those in memory have.
/// write_key(out, bytes): a stored key as a Codec would.
MILLRACE_EXPORT std::unique_ptr<FrozenState> freeze_store(
    RowStore& store, StateItem common, std::string header,
    void (*write_key)(std::string& out, std::string_view stored));

}  // namespace millrace::detail
