// SPDX-License-Identifier: BSL-1.0
#pragma once
// Heavy intrinsics: include it in .cpp files only.
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace millrace::detail {

/// 64 bytes that are looked at together; a bit in a mask stands for a byte. The portable form, and
/// what the vector forms are tested against.
class ScalarBlock64 {
 public:
  static ScalarBlock64 load(const char* p) {
    ScalarBlock64 block;
    std::memcpy(block.bytes_, p, 64);
    return block;
  }
  std::uint64_t equal(char c) const {
    return mask([c](char byte) { return byte == c; });
  }
  /// Bytes that are one of three, all below 0x80 and each with other low four bits.
  template <char a, char b, char c>
  std::uint64_t equal_any() const {
    return equal(a) | equal(b) | equal(c);
  }
  /// Bytes at which a JSON string does not simply go on: quote, backslash, control, non-ASCII.
  std::uint64_t json_special() const {
    return mask([](char byte) {
      const auto c = static_cast<unsigned char>(byte);
      return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
    });
  }
  /// Whether any of several blocks holds a double quote or a byte up to '\r': one answer at the
  /// end, so that the loop over the blocks has no branch and few masks.
  class Rare {
   public:
    void add(const ScalarBlock64& block) {
      for (const char c : block.bytes_) any_ |= c == '"' || static_cast<unsigned char>(c) <= '\r';
    }
    bool any() const { return any_; }

   private:
    bool any_ = false;
  };

 private:
  template <class F>
  std::uint64_t mask(F f) const {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < 64; ++i) bits |= static_cast<std::uint64_t>(f(bytes_[i])) << i;
    return bits;
  }
  char bytes_[64];
};

/// At the low four bits of each of three bytes that byte, and elsewhere one with other bits: what a
/// byte is compared with that may be one of the three. The same four times.
template <char a, char b, char c>
struct OneOfThree {
  static_assert((a & 15) != (b & 15) && (a & 15) != (c & 15) && (b & 15) != (c & 15));
  static_assert((a | b | c) > 0);
  alignas(64) char at[64];
  constexpr OneOfThree() : at{} {
    for (int i = 0; i < 64; ++i) at[i] = static_cast<char>(~i & 15);
    for (int i = 0; i < 64; i += 16)
      at[i + (a & 15)] = a, at[i + (b & 15)] = b, at[i + (c & 15)] = c;
  }
};

#if defined(__AVX512BW__)
class VectorBlock64 {
 public:
  static VectorBlock64 load(const char* p) { return VectorBlock64(_mm512_loadu_si512(p)); }
  std::uint64_t equal(char c) const {
    return bits(_mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8(c)));
  }
  template <char a, char b, char c>
  std::uint64_t equal_any() const {
    static constexpr OneOfThree<a, b, c> three;
    const __m512i table = _mm512_load_si512(three.at);
    return bits(_mm512_cmpeq_epi8_mask(bytes_, _mm512_shuffle_epi8(table, bytes_)));
  }
  std::uint64_t json_special() const {
    // As signed numbers, non-ASCII bytes are below the blank, too.
    return _mm512_cmplt_epi8_mask(bytes_, _mm512_set1_epi8(' ')) | equal('"') | equal('\\');
  }
  class Rare {
   public:
    void add(const VectorBlock64& block) {
      least_ = _mm512_min_epu8(least_, block.bytes_);
      quote_ = _mm512_min_epu8(quote_, _mm512_xor_si512(block.bytes_, _mm512_set1_epi8('"')));
    }
    bool any() const {
      return (_mm512_cmple_epu8_mask(least_, _mm512_set1_epi8('\r')) |
              _mm512_testn_epi8_mask(quote_, quote_)) != 0;
    }

   private:
    __m512i least_ = _mm512_set1_epi8(-1);
    __m512i quote_ = _mm512_set1_epi8(-1);
  };

 private:
  explicit VectorBlock64(__m512i bytes) : bytes_(bytes) {}
  // Stored from a mask register it would cost as much as three more comparisons.
  static std::uint64_t bits(__mmask64 mask) {
    std::uint64_t in_register = mask;
    asm("" : "+r"(in_register));
    return in_register;
  }
  __m512i bytes_;
};
using Block64 = VectorBlock64;
#elif defined(__AVX2__)
class VectorBlock64 {
 public:
  static VectorBlock64 load(const char* p) {
    const auto* at = reinterpret_cast<const __m256i*>(p);
    return {_mm256_loadu_si256(at), _mm256_loadu_si256(at + 1)};
  }
  std::uint64_t equal(char c) const {
    const __m256i wanted = _mm256_set1_epi8(c);
    return join(_mm256_cmpeq_epi8(low_, wanted), _mm256_cmpeq_epi8(high_, wanted));
  }
  template <char a, char b, char c>
  std::uint64_t equal_any() const {
    static constexpr OneOfThree<a, b, c> three;
    const __m256i table = _mm256_load_si256(reinterpret_cast<const __m256i*>(three.at));
    return join(_mm256_cmpeq_epi8(low_, _mm256_shuffle_epi8(table, low_)),
                _mm256_cmpeq_epi8(high_, _mm256_shuffle_epi8(table, high_)));
  }
  std::uint64_t json_special() const {
    const auto special = [](__m256i v) {
      // As signed numbers, non-ASCII bytes are below the blank, too.
      const __m256i low = _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), v);
      const __m256i quote = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'));
      const __m256i backslash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));
      return _mm256_or_si256(low, _mm256_or_si256(quote, backslash));
    };
    return join(special(low_), special(high_));
  }
  class Rare {
   public:
    void add(const VectorBlock64& block) {
      const __m256i quote = _mm256_set1_epi8('"');
      least_ = _mm256_min_epu8(least_, _mm256_min_epu8(block.low_, block.high_));
      quote_ = _mm256_or_si256(quote_, _mm256_or_si256(_mm256_cmpeq_epi8(block.low_, quote),
                                                       _mm256_cmpeq_epi8(block.high_, quote)));
    }
    bool any() const {
      const __m256i most = _mm256_set1_epi8('\r');
      const __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(least_, most), least_);
      return _mm256_movemask_epi8(_mm256_or_si256(low, quote_)) != 0;
    }

   private:
    __m256i least_ = _mm256_set1_epi8(-1);
    __m256i quote_ = _mm256_setzero_si256();
  };

 private:
  VectorBlock64(__m256i low, __m256i high) : low_(low), high_(high) {}
  static std::uint64_t join(__m256i low, __m256i high) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
           std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32;
  }
  __m256i low_, high_;
};
using Block64 = VectorBlock64;
#elif defined(__SSE2__)
class VectorBlock64 {
 public:
  static VectorBlock64 load(const char* p) {
    VectorBlock64 block;
    for (int i = 0; i < 4; ++i)
      block.bytes_[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p) + i);
    return block;
  }
  std::uint64_t equal(char c) const {
    const __m128i wanted = _mm_set1_epi8(c);
    return mask([wanted](__m128i v) { return _mm_cmpeq_epi8(v, wanted); });
  }
  template <char a, char b, char c>
  std::uint64_t equal_any() const {
    return mask([](__m128i v) {
      return _mm_or_si128(
          _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)), _mm_cmpeq_epi8(v, _mm_set1_epi8(b))),
          _mm_cmpeq_epi8(v, _mm_set1_epi8(c)));
    });
  }
  std::uint64_t json_special() const {
    return mask([](__m128i v) {
      // As signed numbers, non-ASCII bytes are below the blank, too.
      const __m128i low = _mm_cmpgt_epi8(_mm_set1_epi8(' '), v);
      const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
      const __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
      return _mm_or_si128(low, _mm_or_si128(quote, backslash));
    });
  }
  class Rare {
   public:
    void add(const VectorBlock64& block) {
      const __m128i quote = _mm_set1_epi8('"');
      for (const __m128i& bytes : block.bytes_) {
        least_ = _mm_min_epu8(least_, bytes);
        quote_ = _mm_or_si128(quote_, _mm_cmpeq_epi8(bytes, quote));
      }
    }
    bool any() const {
      const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(least_, _mm_set1_epi8('\r')), least_);
      return _mm_movemask_epi8(_mm_or_si128(low, quote_)) != 0;
    }

   private:
    __m128i least_ = _mm_set1_epi8(-1);
    __m128i quote_ = _mm_setzero_si128();
  };

 private:
  VectorBlock64() = default;
  template <class F>
  std::uint64_t mask(F f) const {
    std::uint64_t bits = 0;
    for (int i = 0; i < 4; ++i)
      bits |= static_cast<std::uint64_t>(_mm_movemask_epi8(f(bytes_[i]))) << (16 * i);
    return bits;
  }
  __m128i bytes_[4];
};
using Block64 = VectorBlock64;
#else
using Block64 = ScalarBlock64;
#endif

/// The masks of the 1 to 64 bytes at `p`, of which nothing behind is read; bits past them are not
/// to be looked at. `before` says how many readable bytes lie in front of `p`.
template <class Block>
class TailBlock {
 public:
  // A load that ends where the bytes end needs no copy, when enough bytes lie in front.
  TailBlock(const char* p, std::size_t size, std::size_t before)
      : shift_(size < 64 && size + before >= 64 ? static_cast<unsigned>(64 - size) : 0),
        block_(size + shift_ == 64 ? Block::load(p - shift_) : load_short(p, size)) {}
  std::uint64_t equal(char c) const { return block_.equal(c) >> shift_; }
  template <char a, char b, char c>
  std::uint64_t equal_any() const {
    return block_.template equal_any<a, b, c>() >> shift_;
  }
  std::uint64_t json_special() const { return block_.json_special() >> shift_; }
  /// The bytes, those in front that were loaded with them, or else 0xff behind them.
  const Block& block() const { return block_; }

 private:
  [[gnu::noinline]] static Block load_short(const char* p, std::size_t size) {
    char copy[64];
    std::memset(copy, 0xff, 64);
    std::memcpy(copy, p, size);
    return Block::load(copy);
  }
  unsigned shift_;
  Block block_;
};

/// Bit i is the xor of bits 0 to i: turns quotes into "within quotes", the opening one included.
inline std::uint64_t prefix_xor(std::uint64_t bits) {
#if defined(__PCLMUL__)
  const __m128i ones = _mm_set1_epi8(static_cast<char>(0xff));
  const __m128i product =
      _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)), ones, 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
#else
  for (unsigned step = 1; step < 64; step *= 2) bits ^= bits << step;
  return bits;
#endif
}

/// The lowest `count` bits, for 0 to 64.
inline std::uint64_t low_bits(std::size_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace millrace::detail
