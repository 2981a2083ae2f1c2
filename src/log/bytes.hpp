// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace millrace::log {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

template <std::integral T>
void put(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
}
template <std::integral T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <std::integral T>
T get(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline char* put_varint(char* p, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) *p++ = static_cast<char>(n | 0x80);
  *p++ = static_cast<char>(n);
  return p;
}
/// The place after the number, or nullptr when it does not end before `end` or 64 bits.
inline const char* get_varint(const char* p, const char* end, std::uint64_t& n) {
  n = 0;
  for (unsigned shift = 0; p != end && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(*p++);
    n |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return p;
  }
  return nullptr;
}

inline std::string as_text(std::string_view s) { return std::string(s); }
inline std::string as_text(char c) { return std::string(1, c); }
template <std::integral T>
std::string as_text(T n) {
  return std::to_string(n);
}
/// Messages are made of parts: "file " + path + ": ...".
template <class... Parts>
std::string concat(const Parts&... parts) {
  return (as_text(parts) + ...);
}

}  // namespace millrace::log
