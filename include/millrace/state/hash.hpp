// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string_view>

#include "millrace/core/export.hpp"

namespace millrace {

/// xxHash, 64 bits: the only hash whose values are stored or sent.
/// Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
MILLRACE_EXPORT std::uint64_t xxh64(std::string_view bytes, std::uint64_t seed = 0);

/// How many pieces keyed state is cut into, whatever the parallelism; fixed for ever, since
/// snapshots name the pieces.
inline constexpr std::uint32_t key_groups = 128;
/// Which of so many subtasks has a key group; whole ones move when the parallelism changes.
constexpr std::uint32_t subtask_of_group(std::uint32_t group, std::uint32_t parallelism) {
  return group * parallelism / key_groups;
}
/// The seed of the hash that key groups are made of; fixed for ever too.
inline constexpr std::uint64_t key_group_seed = 0x6D696C6C72616365;  // "millrace"

namespace detail {

inline constexpr std::uint64_t xxh_prime1 = 0x9E3779B185EBCA87;
inline constexpr std::uint64_t xxh_prime2 = 0xC2B2AE3D27D4EB4F;
inline constexpr std::uint64_t xxh_prime3 = 0x165667B19E3779F9;
inline constexpr std::uint64_t xxh_prime4 = 0x85EBCA77C2B2AE63;
inline constexpr std::uint64_t xxh_prime5 = 0x27D4EB2F165667C5;

constexpr std::uint64_t rotate_left(std::uint64_t x, int by) { return x << by | x >> (64 - by); }
constexpr std::uint64_t xxh_avalanche(std::uint64_t h) {
  h = (h ^ h >> 33) * xxh_prime2;
  h = (h ^ h >> 29) * xxh_prime3;
  return h ^ h >> 32;
}
constexpr std::uint64_t xxh_round(std::uint64_t lane, std::uint64_t input) {
  return rotate_left(lane + input * xxh_prime2, 31) * xxh_prime1;
}
constexpr std::uint64_t xxh_mix8(std::uint64_t h, std::uint64_t input) {
  return rotate_left(h ^ xxh_round(0, input), 27) * xxh_prime1 + xxh_prime4;
}
constexpr std::uint64_t xxh_mix4(std::uint64_t h, std::uint32_t input) {
  return rotate_left(h ^ input * xxh_prime1, 23) * xxh_prime2 + xxh_prime3;
}
constexpr std::uint64_t xxh_mix1(std::uint64_t h, unsigned char input) {
  return rotate_left(h ^ input * xxh_prime5, 11) * xxh_prime1;
}

}  // namespace detail

/// xxh64 of an integer's little-endian bytes, without writing them out.
constexpr std::uint64_t xxh64_of(std::uint64_t value, unsigned size, std::uint64_t seed = 0) {
  std::uint64_t h = seed + detail::xxh_prime5 + size;
  if (size == 8) return detail::xxh_avalanche(detail::xxh_mix8(h, value));
  if (size == 4)
    return detail::xxh_avalanche(detail::xxh_mix4(h, static_cast<std::uint32_t>(value)));
  for (unsigned i = 0; i < size; ++i)
    h = detail::xxh_mix1(h, static_cast<unsigned char>(value >> (8 * i)));
  return detail::xxh_avalanche(h);
}

/// The key group of an encoded key.
inline std::uint32_t key_group_of_bytes(std::string_view encoded_key) {
  return static_cast<std::uint32_t>(xxh64(encoded_key, key_group_seed) % key_groups);
}

}  // namespace millrace
