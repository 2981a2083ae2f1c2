// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/core/error.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/formats/block16.hpp"

namespace millrace::json {

/// The deepest nesting that max_depth may allow; more is taken as this.
inline constexpr std::uint32_t depth_limit = 4096;

/// Walks over one JSON text from front to back and checks every byte of it.
/// Errors: a member that returns false has kept the first problem; error() words it.
/// Cost: no allocation unless there is a problem; strings are looked at 16 bytes at a time.
/// Source: RFC 8259.
class MILLRACE_EXPORT Cursor {
 public:
  /// A string as it stands in the text, without its quotes.
  struct String {
    std::string_view raw;
    bool escaped = false;  ///< has backslashes: unescape() gives what it says
  };

  Cursor(std::string_view text, std::uint32_t max_depth)
      : begin_(text.data()),
        p_(text.data()),
        end_(text.data() + text.size()),
        max_depth_(max_depth < depth_limit ? max_depth : depth_limit) {}

  void skip_space() {
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t')) ++p_;
  }
  /// Takes `c` when it comes next.
  bool take(char c) {
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool next_is(char c) const { return p_ != end_ && *p_ == c; }
  /// Enters an object or array. `what` is for the message: "an object".
  bool open(char bracket, const char* what);
  /// After a member or element: true when another one follows; `closed` tells the bracket's end
  /// from an error.
  bool more(char bracket, bool& closed);
  /// Right after open(): takes the closing bracket of an empty object or array.
  bool take_empty(char bracket) {
    skip_space();
    if (!take(bracket)) return false;
    --depth_;
    return true;
  }

  /// A string value. `what` is for the message: "a string".
  bool string(String& out, const char* what);
  /// A member's name with its colon, up to the value.
  bool key(String& out);
  /// A number's text; `integral` when it has neither fraction nor exponent.
  bool number(std::string_view& out, bool& integral, const char* what);
  /// Takes `word` (true, false, null) when it comes next.
  bool take_word(std::string_view word);
  /// Checks one value of any kind and steps over it. Depth costs a bit, not a stack frame.
  bool skip_value();
  /// Only blanks are left.
  bool finish();

  /// What the escaped `string` says. The first call for a text reserves room for all that the text
  /// can hold, so that one record's texts lie in one arena.
  std::string_view unescape(std::string_view raw, TextWriter& text);

  /// Keeps the problem at the next byte or at `at`; returns false.
  bool fail(std::string reason);
  bool fail_at(const char* at, std::string reason);
  /// Keeps "expected `what`, saw the value that comes next"; returns false.
  bool fail_expected(std::string_view what);
  /// Says in which field or element the problem lies; returns false.
  bool in_field(std::string_view name);
  bool in_element(std::size_t index);
  /// The problem in words: line (counted from `first_line`), column (in bytes, from 1), field,
  /// reason.
  Error error(std::uint64_t first_line = 1) const;
  /// Where the next byte is.
  const char* position() const { return p_; }

 private:
  struct Problem;
  struct Free {
    void operator()(Problem* problem) const;
  };
  bool string_rest(const char* start, String& out);
  bool escape();
  bool skip_scalar();
  bool fail_digits(const char* at);

  const char* begin_;
  const char* p_;
  const char* end_;
  std::uint32_t depth_ = 0;
  std::uint32_t max_depth_;
  bool reserved_ = false;
  std::unique_ptr<Problem, Free> problem_;
};

inline bool Cursor::string(String& out, const char* what) {
  if (!take('"')) [[unlikely]]
    return fail_expected(what);
  const char* const start = p_;
  while (end_ - p_ >= 16) {
    const std::uint32_t special = millrace::detail::Block16::load(p_).json_special();
    if (special == 0) {
      p_ += 16;
      continue;
    }
    p_ += std::countr_zero(special);
    if (*p_ != '"') break;
    out = {{start, static_cast<std::size_t>(p_ - start)}, false};
    ++p_;
    return true;
  }
  return string_rest(start, out);
}

inline bool Cursor::key(String& out) {
  if (!string(out, "a member's name in quotes")) return false;
  skip_space();
  if (!take(':')) [[unlikely]]
    return fail_expected("':' after the name");
  skip_space();
  return true;
}

inline bool Cursor::open(char bracket, const char* what) {
  if (!take(bracket)) [[unlikely]]
    return fail_expected(what);
  if (++depth_ > max_depth_) [[unlikely]]
    return fail_at(p_ - 1, "nested deeper than " + std::to_string(max_depth_) + " levels");
  return true;
}

inline bool Cursor::more(char bracket, bool& closed) {
  skip_space();
  if (take(',')) {
    skip_space();
    return true;
  }
  closed = take(bracket);
  if (!closed) [[unlikely]]
    return fail_expected(bracket == '}' ? "',' or '}'" : "',' or ']'");
  --depth_;
  return false;
}

}  // namespace millrace::json
