// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/base64.hpp"

#include <array>
#include <cstdint>

namespace millrace::firehose {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 64;

constexpr auto digits = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return out;
}();

Error bad(std::size_t at, std::string_view why) {
  return {Errc::invalid_input,
          "base64, column " + std::to_string(at + 1) + ": " + std::string(why)};
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += alphabet[group >> 18];
    out += alphabet[group >> 12 & 63];
    out += i + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? alphabet[group & 63] : '=';
  }
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return bad(text.size(), "it ends within a group of four characters");
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const std::size_t used = last ? 4 - padding : 4;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < used; ++j) {
      const std::uint8_t digit = digits[static_cast<unsigned char>(text[i + j])];
      if (digit == no_digit)
        return bad(i + j, "expected one of A-Z, a-z, 0-9, + and /, or padding at the end");
      group |= std::uint32_t{digit} << (18 - 6 * j);
    }
    if ((group & ((1u << (8 * (4 - used))) - 1)) != 0)
      return bad(i + used - 1, "the last character says more than the last byte");
    for (std::size_t j = 0; j + 1 < used; ++j) out += static_cast<char>(group >> (16 - 8 * j));
  }
  return out;
}

}  // namespace millrace::firehose
