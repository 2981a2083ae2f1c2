// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace millrace::detail {

static_assert(std::endian::native == std::endian::little, "byte masks assume little endian");

/// 16 bytes in two registers.
struct Halves {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// The `size` (<= 16) bytes at `p`, then zeros; nothing else is read.
inline Halves load_halves(const char* p, std::size_t size) {
  Halves halves;
  if (size >= 8) {
    std::memcpy(&halves.low, p, 8);
    if (size > 8) {
      std::memcpy(&halves.high, p + size - 8, 8);
      halves.high >>= 8 * (16 - size);
    }
  } else if (size >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, p, 4);
    std::memcpy(&last, p + size - 4, 4);
    halves.low = first | (std::uint64_t{last} << (8 * (size - 4)));
  } else if (size > 0) {
    const auto byte = [p](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(p[i])};
    };
    halves.low = byte(0) | byte(size / 2) << (8 * (size / 2)) | byte(size - 1) << (8 * (size - 1));
  }
  return halves;
}

/// 16 bytes that are looked at together; a bit in a mask stands for a byte. The portable form,
/// and what the SSE2 form is tested against.
class ScalarBlock16 {
 public:
  static ScalarBlock16 load(const char* p) {
    ScalarBlock16 block;
    std::memcpy(block.bytes_, p, 16);
    return block;
  }
  static ScalarBlock16 load_short(const char* p, std::size_t size) {
    const Halves halves = load_halves(p, size);
    ScalarBlock16 block;
    std::memcpy(block.bytes_, &halves.low, 8);
    std::memcpy(block.bytes_ + 8, &halves.high, 8);
    return block;
  }
  void store(char* p) const { std::memcpy(p, bytes_, 16); }
  bool operator==(const ScalarBlock16& other) const {
    return std::memcmp(bytes_, other.bytes_, 16) == 0;
  }
  /// Bytes that are not '0' to '9'.
  std::uint32_t not_digits() const {
    return mask([](unsigned char c) { return c < '0' || c > '9'; });
  }
  /// Bytes at which a JSON string does not simply go on: quote, backslash, control, non-ASCII.
  std::uint32_t json_special() const {
    return mask([](unsigned char c) { return c < 0x20 || c == '"' || c == '\\' || c >= 0x80; });
  }

 private:
  template <class F>
  std::uint32_t mask(F f) const {
    std::uint32_t bits = 0;
    for (unsigned i = 0; i < 16; ++i)
      bits |= static_cast<std::uint32_t>(f(static_cast<unsigned char>(bytes_[i]))) << i;
    return bits;
  }
  char bytes_[16];
};

#if defined(__SSE2__)
class Sse2Block16 {
 public:
  static Sse2Block16 load(const char* p) {
    return Sse2Block16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static Sse2Block16 load_short(const char* p, std::size_t size) {
    const Halves halves = load_halves(p, size);
    return Sse2Block16(
        _mm_set_epi64x(static_cast<long long>(halves.high), static_cast<long long>(halves.low)));
  }
  __m128i bytes() const { return bytes_; }
  void store(char* p) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes_); }
  bool operator==(const Sse2Block16& other) const {
    return _mm_movemask_epi8(_mm_cmpeq_epi8(bytes_, other.bytes_)) == 0xffff;
  }
  std::uint32_t not_digits() const {
    const __m128i from_zero = _mm_sub_epi8(bytes_, _mm_set1_epi8('0'));
    const __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(from_zero, _mm_set1_epi8(9)), from_zero);
    return ~static_cast<std::uint32_t>(_mm_movemask_epi8(digit)) & 0xffff;
  }
  std::uint32_t json_special() const {
    const __m128i quote = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8('\\'));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes_, _mm_set1_epi8(0x1f)), bytes_);
    // The sign bit of a non-ASCII byte is what movemask collects: no compare needed.
    const __m128i any = _mm_or_si128(_mm_or_si128(quote, backslash), _mm_or_si128(control, bytes_));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(any));
  }

 private:
  explicit Sse2Block16(__m128i bytes) : bytes_(bytes) {}
  __m128i bytes_;
};
using Block16 = Sse2Block16;
#else
using Block16 = ScalarBlock16;
#endif

}  // namespace millrace::detail
