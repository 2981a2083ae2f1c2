// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <type_traits>
#include <utility>

#include "millrace/operators/aggregator.hpp"
#include "millrace/state/key_table.hpp"

namespace millrace::detail {

/// What a table of keys K holds of aggregator A's states: the Compact ones where that brings more
/// keys into a cache line.
template <class K, class A, class Compact = typename CompactOf<A>::type>
struct StoredState {
  using type = typename A::State;
};
template <class K, class A, class Compact>
requires(is_word_key<K> && !std::is_void_v<Compact>)
struct StoredState<K, A, Compact> {
  using State = typename A::State;
  static constexpr bool pays =
      fits_a_line<KeyWord<K>, Compact> &&
      (!fits_a_line<KeyWord<K>, State> ||
       keys_a_line<KeyWord<K>, Compact>() > keys_a_line<KeyWord<K>, State>());
  using type = std::conditional_t<pays, Compact, State>;
};

/// The states of a window's keys. Those of keys whose compact state is full lie in a second table;
/// there are none on most days.
template <class K, class A>
class StateTable : public KeyTable<K, typename StoredState<K, A>::type> {
  using State = typename A::State;
  using Stored = typename StoredState<K, A>::type;
  using Base = KeyTable<K, Stored>;
  static constexpr bool compact = !std::is_same_v<Stored, State>;

 public:
  StateTable() = default;
  StateTable(StateTable&&) noexcept = default;
  StateTable& operator=(StateTable&&) noexcept = default;
  explicit StateTable(const StateTable& other)
      : Base(other),
        outgrown_(other.outgrown_ ? std::make_unique<KeyTable<K, State>>(*other.outgrown_)
                                  : nullptr) {}
  StateTable& operator=(const StateTable& other) {
    Base::operator=(other);
    outgrown_ = other.outgrown_ ? std::make_unique<KeyTable<K, State>>(*other.outgrown_) : nullptr;
    return *this;
  }

  using typename Base::Entry;
  using typename Base::hash_type;
  using typename Base::key_type;
  using typename Base::Slot;
  using Value = Stored;

  /// Adds a record to the state of its key; false when that is full, for add_outgrown() to follow.
  /// Errors: what the aggregator throws; the state is as it was then.
  template <class Aggregator, class T>
  [[gnu::always_inline]] static bool add(Aggregator& aggregator, Stored& stored, const T& record) {
    if constexpr (compact) {
      // No call here: over a loop, it would cost registers.
      if (A::full(stored)) [[unlikely]]
        return false;
    }
    aggregator.add(stored, record);
    return true;
  }
  template <class Aggregator, class T>
  void add_outgrown(Aggregator& aggregator, hash_type h, key_type key, const T& record) {
    if constexpr (compact) aggregator.add(outgrown(Base::upsert_small(h, key).value, key), record);
  }
  /// The state of a key. Lifetime: until the next call.
  const State& state(const Entry& entry, State& room) {
    return state(entry.key(), entry.value(), room);
  }
  const State& state(key_type key, const Stored& stored, State& room) {
    if constexpr (!compact) {
      return stored;
    } else {
      if (A::full(stored)) [[unlikely]]
        return outgrown(stored, key);
      return room = A::widen(stored);
    }
  }
  /// Does the aggregator say that its merge() never throws?
  static constexpr bool merges_at_once = [] {
    if constexpr (requires(A& a, State& s) { a.merge(s, s); })
      return noexcept(std::declval<A&>().merge(std::declval<State&>(), std::declval<State&>()));
    else
      return false;
  }();
  /// Merges what is stored of a key in two tables; false when that outgrows its place, for merge()
  /// to follow. A loop over keys has neither a call nor anything to undo in it.
  [[gnu::always_inline]] static bool merge_at_once(A& aggregator, Stored& into,
                                                   const Stored& from) {
    if constexpr (!compact) {
      aggregator.merge(into, from);
      return true;
    } else {
      if (A::full(into) || A::full(from)) [[unlikely]]
        return false;
      State merged = A::widen(into);
      aggregator.merge(merged, A::widen(from));
      const Stored narrow = A::narrow(merged);
      if (A::full(narrow)) [[unlikely]]
        return false;
      into = narrow;
      return true;
    }
  }
  /// Merges a state into that of a key of this table.
  /// Errors: what the aggregator throws; the state is as it was then.
  void merge(A& aggregator, key_type key, Stored& into, const State& from) {
    if constexpr (!compact) {
      aggregator.merge(into, from);
    } else if (A::full(into)) {
      aggregator.merge(outgrown(into, key), from);
    } else {
      State merged = A::widen(into);
      aggregator.merge(merged, from);
      into = A::narrow(merged);
      if (A::full(into)) [[unlikely]]
        outgrown(into, key) = merged;
    }
  }
  /// False when the key is there already.
  bool set(hash_type h, key_type key, State&& state) {
    const auto [stored, fresh] = Base::upsert_small(h, key);
    if (!fresh) return false;
    if constexpr (!compact) {
      stored = std::move(state);
    } else {
      stored = A::narrow(state);
      if (A::full(stored)) outgrown(stored, key) = std::move(state);
    }
    return true;
  }

  std::size_t bytes() const { return Base::bytes() + (outgrown_ ? outgrown_->bytes() : 0); }
  void forget(std::size_t expected) {
    Base::forget(expected);
    outgrown_.reset();
  }

 private:
  [[gnu::noinline]] State& outgrown(const Stored& stored, key_type key) {
    if (!outgrown_) outgrown_ = std::make_unique<KeyTable<K, State>>();
    const auto slot = outgrown_->upsert_small(outgrown_->hash(key), key);
    if (slot.fresh) slot.value = A::widen(stored);
    return slot.value;
  }

  std::unique_ptr<KeyTable<K, State>> outgrown_;
};

}  // namespace millrace::detail
