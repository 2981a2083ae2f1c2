// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <type_traits>

#include "millrace/operators/window_options.hpp"
#include "millrace/state/key.hpp"
#include "millrace/state/sort.hpp"

namespace millrace::detail {

/// Brings entries of a table into the order in which their results leave. For ResultOrder::hash
/// they are a stretch of the table. Encoded keys whose type has no < are ordered by their bytes.
template <class Keys, class Entry>
void sort_entries(Entry* entries, std::size_t n, ResultOrder order) {
  using Raw = typename Keys::Raw;
  if (order == ResultOrder::table) return;
  if (order == ResultOrder::hash) {
    const auto before = [](const Entry& a, const Entry& b) { return a < b; };
    std::size_t in_order = 1;
    while (in_order < n && !before(entries[in_order], entries[in_order - 1])) ++in_order;
    if (in_order >= n) return;
    return n <= 4096 ? insertion_sort(entries, n, before) : sort(entries, n, before);
  }
  sort(entries, n, [](const Entry& a, const Entry& b) {
    if constexpr (is_word_key<Raw>) {
      return from_word<Raw>(a.key()) < from_word<Raw>(b.key());
    } else if constexpr (!is_text_key<Raw> && requires(Raw x) { x < x; }) {
      Raw x{};
      Raw y{};
      Keys::restore(a.key(), x);
      Keys::restore(b.key(), y);
      return x < y;
    } else {
      return a.key() < b.key();
    }
  });
}

}  // namespace millrace::detail
