// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/json_write.hpp"

#include <algorithm>
#include <cmath>

#include "millrace/formats/explain.hpp"
#include "millrace/formats/utf8.hpp"

namespace millrace::json::detail {
namespace {

constexpr char hex[] = "0123456789abcdef";

char* write_control(unsigned char c, char* p) {
  constexpr char from[] = "\b\f\n\r\t";
  constexpr char to[] = "bfnrt";
  *p++ = '\\';
  for (int i = 0; i < 5; ++i)
    if (static_cast<char>(c) == from[i]) {
      *p++ = to[i];
      return p;
    }
  std::memcpy(p, "u00", 3);
  p[3] = hex[c >> 4];
  p[4] = hex[c & 15];
  return p + 5;
}

}  // namespace

bool write_escaped(std::string_view text, WriteContext& context) {
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from != end) {
    // Pieces, so that a long text with one escape does not reserve six times its size.
    constexpr std::ptrdiff_t piece = 512;
    const char* const stop = from + std::min(end - from, piece);
    char* p = context.out.reserve(static_cast<std::size_t>(stop - from) * 6 + 4);
    while (from < stop) {
      const auto c = static_cast<unsigned char>(*from);
      if (c >= 0x80) {
        const std::size_t length = utf8_length(from, end);
        if (length == 0) {
          if (context.invalid_utf8 == InvalidUtf8::error) {
            context.reason = "the text is not UTF-8 at byte " + std::to_string(from - text.data()) +
                             " of " + seen(text);
            return false;
          }
          std::memcpy(p, "\xef\xbf\xbd", 3);
          p += 3;
          ++from;
          continue;
        }
        std::memcpy(p, from, length);
        p += length;
        from += length;
        continue;
      }
      ++from;
      if (c < 0x20) {
        p = write_control(c, p);
      } else {
        if (c == '"' || c == '\\') *p++ = '\\';
        *p++ = static_cast<char>(c);
      }
    }
    context.out.advance(p);
  }
  context.out.append('"');
  return true;
}

bool fail_number(double value, WriteContext& context) {
  context.reason = std::string(std::isnan(value) ? "NaN"
                               : value > 0       ? "infinity"
                                                 : "-infinity") +
                   " can't be written in JSON; use a std::optional, or filter it out before";
  return false;
}

bool fail_time(Timestamp value, WriteContext& context) {
  context.reason = format_time(value).error().message();
  return false;
}

bool fail_in(std::string_view name, WriteContext& context) {
  const bool joined = context.path.empty() || context.path.front() == '[';
  context.path = std::string(name) + (joined ? "" : ".") + context.path;
  return false;
}

Error write_error(const WriteContext& context) {
  std::string message = "json: ";
  if (!context.path.empty()) message += "field " + seen(context.path) + ": ";
  return {Errc::invalid_input, message + context.reason};
}

}  // namespace millrace::json::detail
