// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace millrace::detail {

/// How many keys and values a cache line takes: 4 of a 4-byte key and 12 bytes, 3 of 16 bytes, ...
template <class Word, class Value>
constexpr unsigned line_slots() {
  for (unsigned n = 4; n > 0; --n) {
    const std::size_t keys =
        (n * sizeof(Word) + alignof(Value) - 1) / alignof(Value) * alignof(Value);
    if (std::max<std::size_t>(keys, 16) + n * sizeof(Value) <= 64) return n;
  }
  return 0;
}

/// The same of a table: small ones lie two buckets in a line.
template <class Word, class Value>
constexpr unsigned keys_a_line() {
  constexpr unsigned slots = line_slots<Word, Value>();
  return slots * (sizeof(Word) + sizeof(Value)) > 32 ? slots : 2 * slots;
}

/// True when a table of Word keys and Values is made of cache lines.
template <class Word, class Value>
inline constexpr bool fits_a_line =
    std::is_trivially_copyable_v<Value> && alignof(Value) <= 16 && line_slots<Word, Value>() >= 2;

}  // namespace millrace::detail
