// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "millrace/state/pages.hpp"

#include <immintrin.h>

/// The hand-written loops' hash table.
namespace bench::lines {

using millrace::detail::PageArray;

inline std::uint32_t hash(std::uint32_t key) {
  return static_cast<std::uint32_t>((key * 0x9E3779B97F4A7C15ull) >> 32);
}

struct Totals {
  std::uint32_t count;
  std::uint64_t sum;
} __attribute__((packed, aligned(4)));

/// Four keys and their totals in a cache line; 0 is no key, and key 0 lives outside.
struct alignas(64) Line {
  std::uint32_t keys[4];
  Totals totals[4];
};

class Lines {
 public:
  explicit Lines(std::size_t keys) {
    std::size_t count = 256;
    while (count * 4 * 5 / 8 < keys + 1024) count *= 2;
    if (keys < 256) count = 256;
    lines_ = PageArray<Line>(count);
    shift_ = 32u - static_cast<unsigned>(std::countr_zero(count));
    mask_ = count - 1;
  }
  void prefetch(std::uint32_t h) const { __builtin_prefetch(&lines_[h >> shift_], 1, 3); }
  [[gnu::always_inline]] Totals& find(std::uint32_t h, std::uint32_t key) {
    if (key == 0) [[unlikely]]
      return zero_;
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(key));
    for (std::size_t i = h >> shift_;; i = (i + 1) & mask_) {
      Line& line = lines_[i];
      const __m128i keys = _mm_load_si128(reinterpret_cast<const __m128i*>(line.keys));
      const __m128i hit =
          _mm_or_si128(_mm_cmpeq_epi32(keys, wanted), _mm_cmpeq_epi32(keys, _mm_setzero_si128()));
      const auto mask = static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(hit)));
      if (mask) [[likely]] {
        const int slot = std::countr_zero(mask);
        line.keys[slot] = key;
        return line.totals[slot];
      }
    }
  }
  /// The same with a branch on whether the key is there: better when the table is in the first
  /// cache level, since the key need not be stored.
  [[gnu::always_inline]] Totals& find_small(std::uint32_t h, std::uint32_t key) {
    if (key == 0) [[unlikely]]
      return zero_;
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(key));
    for (std::size_t i = h >> shift_;; i = (i + 1) & mask_) {
      Line& line = lines_[i];
      const __m128i keys = _mm_load_si128(reinterpret_cast<const __m128i*>(line.keys));
      const auto same =
          static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(keys, wanted))));
      if (same) [[likely]]
        return line.totals[std::countr_zero(same)];
      const auto free = static_cast<unsigned>(
          _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(keys, _mm_setzero_si128()))));
      if (!free) continue;
      const int slot = std::countr_zero(free);
      line.keys[slot] = key;
      return line.totals[slot];
    }
  }
  /// Gives f(key, totals) of each key that has a count, and empties the table.
  /// far: tables lie in main memory.
  template <bool far = false, class F>
  [[gnu::always_inline]] void take_all(F&& f) {
    if (zero_.count) f(0, zero_), zero_ = {};
    for (std::size_t i = 0; i < lines_.size(); i += 64) {
      const std::size_t last = std::min(i + 64, lines_.size());
      std::uint32_t used[64 * 4 + 1];
      unsigned n = 0;
      for (std::size_t j = i; j < last; ++j) {
        if constexpr (far) __builtin_prefetch(&lines_[j + 64], 1, 3);
        for (unsigned slot = 0; slot < 4; ++slot) {
          used[n] = static_cast<std::uint32_t>(j * 4 + slot);
          n += lines_[j].totals[slot].count != 0;
        }
      }
      for (unsigned k = 0; k < n; ++k) {
        const Line& line = lines_[used[k] / 4];
        const Totals& totals = line.totals[used[k] % 4];
        f(line.keys[used[k] % 4], totals);
      }
      if (n) std::memset(static_cast<void*>(&lines_[i]), 0, (last - i) * sizeof(Line));
    }
  }
  void clear() {
    std::memset(static_cast<void*>(lines_.data()), 0, lines_.bytes());
    zero_ = {};
  }
  /// The same as take_all() without emptying it.
  template <class F>
  void each(F&& f) const {
    if (zero_.count) f(0, zero_);
    for (std::size_t i = 0; i < lines_.size(); ++i)
      for (unsigned slot = 0; slot < 4; ++slot)
        if (lines_[i].totals[slot].count) f(lines_[i].keys[slot], lines_[i].totals[slot]);
  }

 private:
  PageArray<Line> lines_;
  std::size_t mask_;
  unsigned shift_;
  Totals zero_{};
};

}  // namespace bench::lines
