// SPDX-License-Identifier: BSL-1.0
#include "millrace/core/value_json.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace millrace {
namespace {

/// Length of the UTF-8 sequence at the front of `s`, or 0 when there is none.
std::size_t utf8_length(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || s.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  // Overlong forms, surrogates and what lies past U+10FFFF show in the second byte.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
      (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))
    return 0;
  return length;
}

}  // namespace

void ValueJson::text(std::string_view s) {
  constexpr std::string_view hex = "0123456789abcdef";
  out_ += '"';
  while (!s.empty()) {
    const auto c = static_cast<unsigned char>(s.front());
    const std::size_t length = utf8_length(s);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += s.front();
    } else if (c < 0x20 || length == 0) {
      out_ += "\\u00";
      out_ += hex[c >> 4];
      out_ += hex[c & 15];
    } else {
      out_ += s.substr(0, length);
    }
    s.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
}

void ValueJson::number(double d) {
  std::array<char, 32> digits{};
  if (!std::isfinite(d)) {
    out_ += "null";
    return;
  }
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), d).ptr;
  out_.append(digits.data(), end);
}

void ValueJson::time(Timestamp t) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const hh_mm_ss<Duration> clock(t - day);
  const auto field = [&](long value, std::size_t width, char after) {
    const std::string digits = std::to_string(value);
    if (digits.size() < width) out_.append(width - digits.size(), '0');
    out_ += digits;
    out_ += after;
  };
  out_ += '"';
  field(int{date.year()}, 4, '-');
  field(static_cast<long>(unsigned{date.month()}), 2, '-');
  field(static_cast<long>(unsigned{date.day()}), 2, 'T');
  field(clock.hours().count(), 2, ':');
  field(clock.minutes().count(), 2, ':');
  field(clock.seconds().count(), 2, '.');
  field(clock.subseconds().count(), 6, '"');
}

}  // namespace millrace
