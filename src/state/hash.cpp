// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/hash.hpp"

#include <bit>
#include <cstring>

namespace millrace {
namespace {

template <class Int>
Int load(const char* from) {
  Int value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::big) {
    Int swapped = 0;
    for (unsigned i = 0; i < sizeof value; ++i)
      swapped |= Int{static_cast<unsigned char>(from[i])} << (8 * i);
    return swapped;
  }
  return value;
}

/// The four lanes that take 32 bytes a turn.
struct Lanes {
  std::uint64_t v[4];
  explicit Lanes(std::uint64_t seed)
      : v{seed + detail::xxh_prime1 + detail::xxh_prime2, seed + detail::xxh_prime2, seed,
          seed - detail::xxh_prime1} {}
  void take(const char* from) {
    for (int i = 0; i < 4; ++i) v[i] = detail::xxh_round(v[i], load<std::uint64_t>(from + 8 * i));
  }
  std::uint64_t merged() const {
    using detail::rotate_left;
    std::uint64_t h =
        rotate_left(v[0], 1) + rotate_left(v[1], 7) + rotate_left(v[2], 12) + rotate_left(v[3], 18);
    for (const std::uint64_t lane : v)
      h = (h ^ detail::xxh_round(0, lane)) * detail::xxh_prime1 + detail::xxh_prime4;
    return h;
  }
};

}  // namespace

std::uint64_t xxh64(std::string_view bytes, std::uint64_t seed) {
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t h = seed + detail::xxh_prime5;
  if (left >= 32) {
    Lanes lanes(seed);
    for (; left >= 32; p += 32, left -= 32) lanes.take(p);
    h = lanes.merged();
  }
  h += bytes.size();
  for (; left >= 8; p += 8, left -= 8) h = detail::xxh_mix8(h, load<std::uint64_t>(p));
  for (; left >= 4; p += 4, left -= 4) h = detail::xxh_mix4(h, load<std::uint32_t>(p));
  for (; left > 0; ++p, --left) h = detail::xxh_mix1(h, static_cast<unsigned char>(*p));
  return detail::xxh_avalanche(h);
}

}  // namespace millrace
