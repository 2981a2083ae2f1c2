// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "millrace/core/window.hpp"
#include "millrace/operators/aggregator.hpp"
#include "millrace/operators/pane.hpp"
#include "millrace/operators/record_keys.hpp"
#include "millrace/operators/state_table.hpp"
#include "millrace/state/key_table.hpp"

namespace millrace::detail {

/// The types that make up a keyed window over T.
template <class T, class KeyFn, class A>
struct WindowTypes {
  using Record = T;
  using Keys = RecordKeys<T, KeyFn>;
  using Looked = typename Keys::Looked;
  using Aggregator = A;
  using State = typename A::State;
  static_assert(!borrows<State>,
                "millrace: an aggregator's state borrows bytes from a batch, which the window "
                "outlives; let it keep Owned<T>: std::string for Text");
  using Result =
      std::remove_cvref_t<decltype(std::declval<A&>().result(std::declval<const State&>()))>;
  static_assert(!borrows<Result>,
                "millrace: an aggregator's result borrows its bytes; let result() return what owns "
                "them: std::string for Text");
  using Out = Windowed<typename Keys::Key, Result>;
  using Table = StateTable<typename Keys::Raw, A>;

  /// How often a key of a window that has fired before gave a result.
  struct Correction {
    std::uint32_t fires = 0;
    bool due = false;
  };
  struct Corrections {
    KeyTable<typename Keys::Raw, Correction> table;
    std::vector<typename Table::Entry> due;
    Corrections() = default;
    /// For a copy of what is saved; what is due leaves before a barrier.
    explicit Corrections(const Corrections& other) : table(other.table) {}
  };

  /// One open window.
  struct Pane {
    Table table;
    /// Only of a window that took records after it had fired.
    std::unique_ptr<Corrections> corrections;
    std::size_t charged = 0;  ///< bytes of the state budget
    bool fired = false;

    Pane() = default;
    Pane(Pane&&) noexcept = default;
    Pane& operator=(Pane&&) noexcept = default;
    /// Becomes a copy of what is saved of another.
    void copy(const Pane& other) {
      table = other.table;
      corrections = other.corrections ? std::make_unique<Corrections>(*other.corrections) : nullptr;
      fired = other.fired;
    }

    /// The note on a key of a window that has fired.
    Correction& correction(Looked key) {
      if (!corrections) corrections = std::make_unique<Corrections>();
      auto& noted = corrections->table;
      const auto slot = noted.upsert_small(noted.hash(key), key);
      // Fired once, with all others, unless its first record comes now.
      if (slot.fresh) slot.value.fires = 1;
      return slot.value;
    }
    std::uint32_t fires(Looked key) { return corrections ? correction(key).fires : 1; }
    std::size_t bytes() const {
      return table.bytes() + (corrections ? corrections->table.bytes() : 0);
    }
    /// Contract: the table's entries were erased.
    void recycle(std::size_t expected) {
      table.forget(expected);
      corrections.reset();
      fired = false;
    }
  };
};

}  // namespace millrace::detail
