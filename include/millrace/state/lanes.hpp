// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <cstring>

namespace millrace::detail {

/// Which of the first n integers from `keys` on equal `a` or `b`: bit i for the i-th. For 4-byte
/// keys 16 bytes are read, whatever n.
template <unsigned n>
inline unsigned lanes(const std::uint32_t* keys, std::uint32_t a, std::uint32_t b) {
  static_assert(n <= 4);
#ifdef __SSE2__
  typedef int Four __attribute__((vector_size(16)));
  typedef float Mask __attribute__((vector_size(16)));
  Four four;
  std::memcpy(&four, static_cast<const void*>(keys), sizeof four);
  const int ia = static_cast<int>(a);
  const int ib = static_cast<int>(b);
  const Four is_a = four == Four{ia, ia, ia, ia};
  const Four is_b = four == Four{ib, ib, ib, ib};
  const auto found = static_cast<unsigned>(__builtin_ia32_movmskps((Mask)(is_a | is_b)));
  return n == 4 ? found : found & ((1u << n) - 1);
#else
  unsigned found = 0;
  for (unsigned i = 0; i < n; ++i)
    found |= static_cast<unsigned>((keys[i] == a) | (keys[i] == b)) << i;
  return found;
#endif
}
template <unsigned n>
inline unsigned lanes(const std::uint64_t* keys, std::uint64_t a, std::uint64_t b) {
  unsigned found = 0;
  for (unsigned i = 0; i < n; ++i)
    found |= static_cast<unsigned>((keys[i] == a) | (keys[i] == b)) << i;
  return found;
}
template <unsigned n, class Word>
inline unsigned lanes(const Word* keys, Word a) {
  return lanes<n>(keys, a, a);
}

}  // namespace millrace::detail
