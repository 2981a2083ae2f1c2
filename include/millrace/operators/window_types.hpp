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
#include "millrace/operators/window_options.hpp"
#include "millrace/state/key_table.hpp"

namespace millrace::detail {

/// The types that make up keyed windows over T.
/// Kind: Tumbling or Sliding.
template <class T, class KeyFn, class A, class Kind = Tumbling>
struct WindowTypes {
  /// Windows of more than one pane.
  static constexpr bool overlap = std::is_same_v<Kind, Sliding>;
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
    using Table = KeyTable<typename Keys::Raw, Correction>;
    Table table;
    std::vector<typename Table::Entry> due;  ///< of this table; only their keys are right
    Corrections() = default;
    /// For a copy of what is saved; what is due leaves before a barrier.
    explicit Corrections(const Corrections& other) : table(other.table) {}
  };

  /// The records of a stretch of time, and what is noted on the window that starts with it.
  struct Pane {
    Table table;
    /// Only of a window that took records after it had fired.
    std::unique_ptr<Corrections> corrections;
    std::size_t charged = 0;  ///< bytes of the state budget

    Pane() = default;
    Pane(Pane&&) noexcept = default;
    Pane& operator=(Pane&&) noexcept = default;
    /// Becomes a copy of what is saved of another.
    void copy(const Pane& other) {
      table = other.table;
      corrections = other.corrections ? std::make_unique<Corrections>(*other.corrections) : nullptr;
    }

    /// The note on a key of a window that has fired; a fresh one says that it did so once, with all
    /// others.
    auto correction(Looked key) {
      if (!corrections) corrections = std::make_unique<Corrections>();
      auto& noted = corrections->table;
      const auto slot = noted.upsert_small(noted.hash(key), key);
      if (slot.fresh) slot.value.fires = 1;
      return slot;
    }
    std::uint32_t fires(Looked key) { return corrections ? correction(key).value.fires : 1; }
    std::size_t bytes() const {
      return table.bytes() + (corrections ? corrections->table.bytes() : 0);
    }
    /// Contract: the table's entries were erased.
    void recycle(std::size_t expected) {
      table.forget(expected);
      corrections.reset();
    }
  };
};

}  // namespace millrace::detail
