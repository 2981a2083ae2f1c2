// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <compare>
#include <cstdint>

namespace millrace {

/// A number of bytes that can't be mistaken for a number of anything else: `5_MiB`.
struct ByteSize {
  std::uint64_t bytes = 0;
  constexpr auto operator<=>(const ByteSize&) const = default;
};

inline namespace literals {
constexpr ByteSize operator""_B(unsigned long long n) { return {n}; }
constexpr ByteSize operator""_KiB(unsigned long long n) { return {n << 10}; }
constexpr ByteSize operator""_MiB(unsigned long long n) { return {n << 20}; }
constexpr ByteSize operator""_GiB(unsigned long long n) { return {n << 30}; }
}  // namespace literals

}  // namespace millrace
