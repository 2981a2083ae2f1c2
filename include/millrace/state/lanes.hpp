// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <cstring>

namespace millrace::detail {

#ifdef __SSE2__
using FourKeys [[gnu::vector_size(16)]] = int;
using FourFlags [[gnu::vector_size(16)]] = float;

inline FourKeys equal_lanes(FourKeys keys, std::uint32_t a) {
  const int key = static_cast<int>(a);
  FourKeys result = keys == FourKeys{key, key, key, key};
#if defined(__AVX512VL__) && !defined(__clang__)
  asm("" : "+x"(result));  // g++ would go by mask registers, a longer way
#endif
  return result;
}
template <unsigned n>
inline unsigned first_lanes(FourKeys found) {
  const auto flags = static_cast<unsigned>(__builtin_ia32_movmskps((FourFlags)found));
  return n == 4 ? flags : flags & ((1u << n) - 1);
}
inline FourKeys load_four(const std::uint32_t* keys) {
  FourKeys four;
  std::memcpy(&four, static_cast<const void*>(keys), sizeof four);
  return four;
}
#endif

/// Which of the first n integers from `keys` on equal `a` or `b`: bit i for the i-th. For 4-byte
/// keys 16 bytes are read, whatever n.
template <unsigned n>
inline unsigned lanes(const std::uint32_t* keys, std::uint32_t a, std::uint32_t b) {
  static_assert(n <= 4);
#ifdef __SSE2__
  const FourKeys four = load_four(keys);
  return first_lanes<n>(equal_lanes(four, a) | equal_lanes(four, b));
#else
  unsigned found = 0;
  for (unsigned i = 0; i < n; ++i)
    found |= static_cast<unsigned>((keys[i] == a) | (keys[i] == b)) << i;
  return found;
#endif
}
template <unsigned n>
inline unsigned lanes(const std::uint32_t* keys, std::uint32_t a) {
  static_assert(n <= 4);
#ifdef __SSE2__
  return first_lanes<n>(equal_lanes(load_four(keys), a));
#else
  return lanes<n>(keys, a, a);
#endif
}
template <unsigned n>
inline unsigned lanes(const std::uint64_t* keys, std::uint64_t a, std::uint64_t b) {
  unsigned found = 0;
  for (unsigned i = 0; i < n; ++i)
    found |= static_cast<unsigned>((keys[i] == a) | (keys[i] == b)) << i;
  return found;
}
template <unsigned n>
inline unsigned lanes(const std::uint64_t* keys, std::uint64_t a) {
  return lanes<n>(keys, a, a);
}

}  // namespace millrace::detail
