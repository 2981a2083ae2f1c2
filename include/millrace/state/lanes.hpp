// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <cstring>

namespace millrace::detail {

/// Which of the first n integers from `keys` on equal `key`: bit i for the i-th. For 4-byte keys 16
/// bytes are read, whatever n.
template <unsigned n>
inline unsigned lanes(const std::uint32_t* keys, std::uint32_t key) {
  static_assert(n <= 4);
#ifdef __SSE2__
  typedef std::uint32_t Four __attribute__((vector_size(16)));
  typedef float Mask __attribute__((vector_size(16)));
  Four four;
  std::memcpy(&four, static_cast<const void*>(keys), sizeof four);
  const Four all = {key, key, key, key};
  const auto equal = four == all;
  return static_cast<unsigned>(__builtin_ia32_movmskps((Mask)equal)) & ((1u << n) - 1);
#else
  unsigned found = 0;
  for (unsigned i = 0; i < n; ++i) found |= static_cast<unsigned>(keys[i] == key) << i;
  return found;
#endif
}
template <unsigned n>
inline unsigned lanes(const std::uint64_t* keys, std::uint64_t key) {
  unsigned found = 0;
  for (unsigned i = 0; i < n; ++i) found |= static_cast<unsigned>(keys[i] == key) << i;
  return found;
}

}  // namespace millrace::detail
