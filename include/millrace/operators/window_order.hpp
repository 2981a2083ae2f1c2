// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "millrace/operators/window_options.hpp"
#include "millrace/state/key.hpp"

namespace millrace::detail {

/// For entries that are nearly in order already.
template <class Entry>
void insertion_sort(Entry* entries, std::size_t n) {
  for (std::size_t i = 1; i < n; ++i) {
    const Entry entry = entries[i];
    std::size_t to = i;
    for (; to > 0 && entry < entries[to - 1]; --to) entries[to] = entries[to - 1];
    entries[to] = entry;
  }
}

/// Brings entries of a table into the order in which their results leave. For ResultOrder::hash
/// they are a stretch of the table. Encoded keys whose type has no < are ordered by their bytes.
template <class Keys, class Entry>
void sort_entries(Entry* entries, std::size_t n, ResultOrder order) {
  using Raw = typename Keys::Raw;
  if (order == ResultOrder::table) return;
  if (order == ResultOrder::hash) {
    if (std::is_sorted(entries, entries + n)) return;
    return n <= 4096 ? insertion_sort(entries, n) : std::sort(entries, entries + n);
  }
  std::sort(entries, entries + n, [](const Entry& a, const Entry& b) {
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
