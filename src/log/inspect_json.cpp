// SPDX-License-Identifier: BSL-1.0
#include <chrono>

#include "millrace/log/inspect.hpp"

namespace millrace::log {
namespace {

void append_number(std::string& out, std::uint64_t n, std::size_t width) {
  const std::string digits = std::to_string(n);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

void append_time(std::string& out, Timestamp t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(t - day);
  const int year = static_cast<int>(date.year());
  if (year < 0) out += '-';
  append_number(out, static_cast<std::uint64_t>(year < 0 ? -year : year), 4);
  out += '-';
  append_number(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_number(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_number(out, static_cast<std::uint64_t>(time.hours().count()), 2);
  out += ':';
  append_number(out, static_cast<std::uint64_t>(time.minutes().count()), 2);
  out += ':';
  append_number(out, static_cast<std::uint64_t>(time.seconds().count()), 2);
  out += '.';
  append_number(out, static_cast<std::uint64_t>(time.subseconds().count()), 6);
  out += 'Z';
}

// Length of the UTF-8 sequence at the start of `s`, 0 when it is none (RFC 3629).
std::size_t sequence_length(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || s.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const unsigned second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  return overlong || surrogate || (lead == 0xF4 && second > 0x8F) ? 0 : n;
}

bool is_utf8(std::string_view s) {
  while (!s.empty()) {
    const std::size_t n = sequence_length(s);
    if (n == 0) return false;
    s.remove_prefix(n);
  }
  return true;
}

void append_string(std::string& out, std::string_view s) {
  static constexpr char hex[] = "0123456789abcdef";
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
}

void append_base64(std::string& out, std::string_view s) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < s.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < s.size() ? static_cast<unsigned char>(s[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k > s.size() ? '=' : digits[bits >> (18 - 6 * k) & 63];
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  const bool text = is_utf8(value);
  out += ",\"";
  out += name;
  out += text ? "\":\"" : "_base64\":\"";
  text ? append_string(out, value) : append_base64(out, value);
  out += '"';
}

}  // namespace

std::string to_json(const StoredRecord& record) {
  std::string out = "{\"shard\":" + std::to_string(record.shard) +
                    ",\"sequence\":" + std::to_string(record.sequence) + ",\"arrival\":\"";
  append_time(out, record.arrival);
  out += '"';
  append_field(out, "key", record.key);
  append_field(out, "data", record.data);
  out += '}';
  return out;
}

}  // namespace millrace::log
