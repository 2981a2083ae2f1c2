// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include <immintrin.h>

namespace bench {

/// Bit i: is byte i of the 64 from p on equal to c?
inline std::uint64_t equal64(const char* p, char c) {
#if defined(__AVX512BW__)
  return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(c));
#elif defined(__AVX2__)
  const __m256i all = _mm256_set1_epi8(c);
  const auto half = [&](const char* at) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(
        _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)), all)));
  };
  return half(p) | static_cast<std::uint64_t>(half(p + 32)) << 32;
#else
  const __m128i all = _mm_set1_epi8(c);
  std::uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
    mask |= static_cast<std::uint64_t>(
                static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, all))))
            << (16 * i);
  }
  return mask;
#endif
}

/// Bit i: is the number of bits set up to and with i odd?
inline std::uint64_t prefix_xor(std::uint64_t x) {
#ifdef __PCLMUL__
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(
      _mm_set_epi64x(0, static_cast<long long>(x)), _mm_set1_epi8(static_cast<char>(0xFF)), 0)));
#else
  for (int by = 1; by < 64; by *= 2) x ^= x << by;
  return x;
#endif
}

}  // namespace bench
