// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "millrace/core/window.hpp"
#include "millrace/operators/pane.hpp"
#include "millrace/operators/record_keys.hpp"
#include "millrace/operators/record_store.hpp"
#include "millrace/state/key_table.hpp"

namespace millrace::detail {

/// The types that make up a windowed join of L and R. F: see join_function.hpp.
template <class L, class LeftKeyFn, class R, class RightKeyFn, class F>
struct JoinTypes {
  using Left = L;
  using Right = R;
  using Function = F;
  using LeftKeys = RecordKeys<L, LeftKeyFn>;
  using RightKeys = RecordKeys<R, RightKeyFn>;
  using Keys = LeftKeys;
  using Key = typename Keys::Key;
  using Looked = typename Keys::Looked;
  using Out = Windowed<Key, typename F::output_type>;

  /// What a window has of a key: the records of both sides, and how often it gave results.
  struct Matches {
    RecordList left;
    RecordList right;
    std::uint32_t fires = 0;  ///< none: its window has not fired
    std::uint32_t due = 0;    ///< 1: its corrected results have to leave
  };
  using Table = KeyTable<typename Keys::Raw, Matches>;

  /// One open window: a table for both sides.
  struct Pane {
    Table table;
    RecordStore<L> left;
    RecordStore<R> right;
    std::vector<typename Table::Entry> due;  ///< keys that took records after it had fired
    std::size_t charged = 0;                 ///< bytes of the state budget

    Pane() = default;
    /// What is saved of it; what is due leaves before a barrier.
    explicit Pane(const Pane& other) : table(other.table), left(other.left), right(other.right) {}

    std::size_t bytes() const { return table.bytes() + left.bytes() + right.bytes(); }
    /// Contract: the table's entries were erased.
    void recycle(std::size_t expected) {
      table.forget(expected);
      left.clear();
      right.clear();
    }
  };
  using Panes = PaneMap<Pane>;
};

}  // namespace millrace::detail
