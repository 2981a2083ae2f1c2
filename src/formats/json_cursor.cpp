// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/json_cursor.hpp"

#include <algorithm>
#include <cstring>

#include "millrace/formats/explain.hpp"
#include "millrace/formats/utf8.hpp"

namespace millrace::json {
namespace {

// The value of a hex digit, or 16 and more.
unsigned hex(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const auto letter = static_cast<unsigned>((static_cast<unsigned char>(c) | 0x20) - 'a');
  return letter < 6 ? letter + 10 : 16;
}

// The four hex digits at `p`, or a value above 0xffff when one is none.
unsigned hex4(const char* p) {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned digit = hex(p[i]);
    if (digit > 15) return 0x10000;
    value = value * 16 + digit;
  }
  return value;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char* write_utf8(unsigned code, char* p) {
  if (code < 0x80) {
    *p++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *p++ = static_cast<char>(0xc0 | code >> 6);
    *p++ = static_cast<char>(0x80 | (code & 63));
  } else if (code < 0x10000) {
    *p++ = static_cast<char>(0xe0 | code >> 12);
    *p++ = static_cast<char>(0x80 | (code >> 6 & 63));
    *p++ = static_cast<char>(0x80 | (code & 63));
  } else {
    *p++ = static_cast<char>(0xf0 | code >> 18);
    *p++ = static_cast<char>(0x80 | (code >> 12 & 63));
    *p++ = static_cast<char>(0x80 | (code >> 6 & 63));
    *p++ = static_cast<char>(0x80 | (code & 63));
  }
  return p;
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // the quote, the slash, the backslash
  }
}

}  // namespace

struct Cursor::Problem {
  const char* at;
  std::string reason;
  std::string path;
};

void Cursor::Free::operator()(Problem* problem) const { delete problem; }

bool Cursor::fail_at(const char* at, std::string reason) {
  if (!problem_) problem_.reset(new Problem{at, std::move(reason), {}});
  return false;
}

bool Cursor::fail(std::string reason) { return fail_at(p_, std::move(reason)); }

bool Cursor::fail_expected(std::string_view what) {
  std::string reason = "expected " + std::string(what) + ", saw ";
  if (p_ == end_) return fail(reason + "the end");
  // A word or number is shown as a whole, a string or anything else by its beginning.
  constexpr std::ptrdiff_t shown = 48;
  const char* stop = p_ + 1;
  const char* const last = p_ + std::min(end_ - p_, shown);
  if (*p_ == '"') {
    while (stop != last && *stop != '"' && *stop != '\n') ++stop;
    return fail(reason + "the string " +
                detail::seen({p_ + 1, static_cast<std::size_t>(stop - p_ - 1)}));
  }
  const auto in_word = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '+' || c == '-';
  };
  if (in_word(*p_))
    while (stop != last && in_word(*stop)) ++stop;
  return fail(reason + detail::seen({p_, static_cast<std::size_t>(stop - p_)}));
}

bool Cursor::in_field(std::string_view name) {
  std::string& path = problem_->path;
  const bool joined = path.empty() || path.front() == '[';
  path = std::string(name) + (joined ? "" : ".") + path;
  return false;
}

bool Cursor::in_element(std::size_t index) {
  std::string& path = problem_->path;
  const bool joined = path.empty() || path.front() == '[';
  path = "[" + std::to_string(index) + "]" + (joined ? "" : ".") + path;
  return false;
}

Error Cursor::error(std::uint64_t first_line) const {
  const std::string_view before(begin_, static_cast<std::size_t>(problem_->at - begin_));
  const std::uint64_t line =
      first_line + static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  std::string message = "json: line " + std::to_string(line) + ", column " +
                        std::to_string(before.size() - line_start + 1) + ": ";
  if (!problem_->path.empty()) message += "field " + detail::seen(problem_->path) + ": ";
  return {Errc::invalid_input, message + problem_->reason};
}

bool Cursor::string_rest(const char* start, String& out) {
  out.escaped = false;
  while (p_ != end_) {
    if (end_ - p_ >= 16) {
      const std::uint32_t special = detail::Block16::load(p_).json_special();
      p_ += special == 0 ? 16 : std::countr_zero(special);
      if (special == 0) continue;
    }
    const auto c = static_cast<unsigned char>(*p_);
    if (c == '"') {
      out.raw = {start, static_cast<std::size_t>(p_ - start)};
      ++p_;
      return true;
    }
    if (c == '\\') {
      out.escaped = true;
      if (!escape()) return false;
    } else if (c < 0x20) {
      return fail("a control character in a string must be escaped: " + detail::seen({p_, 1}));
    } else {
      const std::size_t length = utf8_length(p_, end_);
      if (length == 0)
        return fail(
            "not UTF-8: " +
            detail::seen({p_, static_cast<std::size_t>(std::min<std::ptrdiff_t>(end_ - p_, 4))}));
      p_ += length;
    }
  }
  return fail_at(start - 1, "the string is not closed");
}

bool Cursor::escape() {
  const auto left = end_ - p_;
  const auto shown = [&](std::ptrdiff_t n) {
    return detail::seen({p_, static_cast<std::size_t>(std::min(left, n))});
  };
  if (left < 2) return fail("the string is not closed");
  if (p_[1] != 'u') {
    if (std::strchr("\"\\/bfnrt", p_[1]) == nullptr || p_[1] == '\0')
      return fail("no such escape: " + shown(2));
    p_ += 2;
    return true;
  }
  const unsigned code = left >= 6 ? hex4(p_ + 2) : 0x10000;
  if (code > 0xffff) return fail("\\u needs four hex digits: " + shown(6));
  if (code < 0xd800 || code > 0xdfff) {
    p_ += 6;
    return true;
  }
  const unsigned low = left >= 12 && p_[6] == '\\' && p_[7] == 'u' ? hex4(p_ + 8) : 0;
  if (code > 0xdbff || low < 0xdc00 || low > 0xdfff)
    return fail("half of a surrogate pair: " + shown(12));
  p_ += 12;
  return true;
}

std::string_view Cursor::unescape(std::string_view raw, TextWriter& text) {
  if (!reserved_) {
    text.reserve(static_cast<std::size_t>(end_ - begin_));
    reserved_ = true;
  }
  char* out = text.reserve(raw.size());
  const char* p = raw.data();
  const char* const end = p + raw.size();
  while (p != end) {
    const char* slash =
        static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
    const auto plain = static_cast<std::size_t>((slash ? slash : end) - p);
    std::memcpy(out, p, plain);
    out += plain;
    p += plain;
    if (!slash) break;
    if (p[1] != 'u') {
      *out++ = simple_escape(p[1]);
      p += 2;
      continue;
    }
    unsigned code = hex4(p + 2);
    p += 6;
    if (code >= 0xd800 && code <= 0xdbff) {
      code = 0x10000 + ((code - 0xd800) << 10) + (hex4(p + 2) - 0xdc00);
      p += 6;
    }
    out = write_utf8(code, out);
  }
  text.advance(out);
  return text.run();
}

bool Cursor::number(std::string_view& out, bool& integral, const char* what) {
  const char* const start = p_;
  const char* p = p_;
  integral = true;
  if (p != end_ && *p == '-') ++p;
  if (p == end_ || !is_digit(*p)) return p == start ? fail_expected(what) : fail_digits(p);
  if (*p == '0' && end_ - p > 1 && is_digit(p[1])) return fail("a number can't begin with 0");
  while (p != end_ && is_digit(*p)) ++p;
  if (p != end_ && *p == '.') {
    integral = false;
    if (++p == end_ || !is_digit(*p)) return fail_digits(p);
    while (p != end_ && is_digit(*p)) ++p;
  }
  if (p != end_ && (*p == 'e' || *p == 'E')) {
    integral = false;
    ++p;
    if (p != end_ && (*p == '+' || *p == '-')) ++p;
    if (p == end_ || !is_digit(*p)) return fail_digits(p);
    while (p != end_ && is_digit(*p)) ++p;
  }
  out = {start, static_cast<std::size_t>(p - start)};
  p_ = p;
  return true;
}

bool Cursor::fail_digits(const char* at) {
  p_ = at;
  return fail_expected("a digit");
}

bool Cursor::take_word(std::string_view word) {
  if (static_cast<std::size_t>(end_ - p_) < word.size() ||
      std::memcmp(p_, word.data(), word.size()) != 0)
    return false;
  p_ += word.size();
  return true;
}

bool Cursor::skip_scalar() {
  String text;
  std::string_view digits;
  bool integral = false;
  if (p_ == end_) return fail_expected("a value");
  switch (*p_) {
    case '"':
      return string(text, "a string");
    case 't':
      return take_word("true") || fail_expected("a value");
    case 'f':
      return take_word("false") || fail_expected("a value");
    case 'n':
      return take_word("null") || fail_expected("a value");
    default:
      return number(digits, integral, "a value");
  }
}

bool Cursor::skip_value() {
  if (!next_is('{') && !next_is('[')) return skip_scalar();
  std::uint64_t is_object[depth_limit / 64 + 1] = {};  // a bit for each open bracket
  const std::uint32_t outside = depth_;
  String name;
  bool in_object = false;
  for (;;) {
    // A value begins here.
    if (next_is('{') || next_is('[')) {
      in_object = next_is('{');
      if (!open(*p_, "a value")) return false;
      const std::uint64_t bit = std::uint64_t{1} << (depth_ & 63);
      std::uint64_t& word = is_object[depth_ / 64];
      word = in_object ? word | bit : word & ~bit;
      if (!take_empty(in_object ? '}' : ']')) {
        if (in_object && !key(name)) return false;
        continue;
      }
    } else if (!skip_scalar()) {
      return false;
    }
    // A value ended here: close what ends with it.
    for (;;) {
      if (depth_ == outside) return true;
      in_object = (is_object[depth_ / 64] >> (depth_ & 63) & 1) != 0;
      bool closed = false;
      if (more(in_object ? '}' : ']', closed)) break;
      if (!closed) return false;
    }
    if (in_object && !key(name)) return false;
  }
}

bool Cursor::finish() {
  skip_space();
  if (p_ == end_) return true;
  return fail("bytes after the value: " + detail::seen({p_, static_cast<std::size_t>(end_ - p_)}));
}

}  // namespace millrace::json
