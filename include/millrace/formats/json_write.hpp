// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/error.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/formats/block16.hpp"
#include "millrace/formats/describe.hpp"
#include "millrace/formats/field_kind.hpp"
#include "millrace/formats/time.hpp"

namespace millrace::json {

/// What an encoder does with a text that is not UTF-8.
enum class InvalidUtf8 : unsigned char {
  error,
  replace,  ///< each bad byte becomes U+FFFD; for letters and logs, which must always come out
};

namespace detail {

using namespace millrace::detail;

/// Where the bytes go, and the first problem.
struct WriteContext {
  TextWriter& out;
  InvalidUtf8 invalid_utf8;
  std::string reason = {};
  std::string path = {};
};

/// The rest of a string that needs escapes or is not ASCII. False: not UTF-8, reason kept.
MILLRACE_EXPORT bool write_escaped(std::string_view text, WriteContext& context);
MILLRACE_EXPORT bool fail_number(double value, WriteContext& context);
MILLRACE_EXPORT bool fail_time(Timestamp value, WriteContext& context);
MILLRACE_EXPORT bool fail_in(std::string_view name, WriteContext& context);
MILLRACE_EXPORT Error write_error(const WriteContext& context);

/// A string in quotes: 16 bytes at a time until one needs more than copying.
inline bool write_string(std::string_view text, WriteContext& context) {
  char* p = context.out.reserve(text.size() + 18);
  *p++ = '"';
  const char* from = text.data();
  std::size_t left = text.size();
  for (; left >= 16; from += 16, p += 16, left -= 16) {
    const Block16 block = Block16::load(from);
    if (block.json_special() != 0) [[unlikely]]
      break;
    block.store(p);
  }
  if (left < 16) [[likely]] {
    const Block16 block = Block16::load_short(from, left);
    // The bytes past the text are zero, and would count as control characters.
    if ((block.json_special() & ((1u << left) - 1)) == 0) [[likely]] {
      block.store(p);
      p += left;
      *p++ = '"';
      context.out.advance(p);
      return true;
    }
  }
  context.out.advance(p);
  return write_escaped({from, left}, context);
}

inline void write_literal(std::string_view literal, TextWriter& out) {
  char* p = out.reserve(literal.size());
  std::memcpy(p, literal.data(), literal.size());
  out.advance(p + literal.size());
}

template <class F>
bool write_number(F value, WriteContext& context) {
  if constexpr (FloatField<F>)
    if (!std::isfinite(value)) [[unlikely]]
      return fail_number(value, context);
  constexpr std::size_t digits_max = 32;  // -1.7976931348623157e+308 has 24
  char* p = context.out.reserve(digits_max);
  context.out.advance(std::to_chars(p, p + digits_max, value).ptr);
  return true;
}

inline bool write_time_value(Timestamp value, WriteContext& context) {
  char* p = context.out.reserve(time_size_max + 2);
  *p++ = '"';
  p = write_time(value, p);
  if (!p) [[unlikely]]
    return fail_time(value, context);
  *p++ = '"';
  context.out.advance(p);
  return true;
}

constexpr std::size_t escaped_size(char c) {
  if (c == '"' || c == '\\') return 2;
  return static_cast<unsigned char>(c) < 0x20 ? 6 : 1;
}
constexpr std::size_t escaped_size(std::string_view text) {
  std::size_t size = 0;
  for (const char c : text) size += escaped_size(c);
  return size;
}

/// What stands before field I's value, made at compile time: `{"id":`, then `,"city":`.
template <class T, std::size_t I>
inline constexpr auto key_literal = [] {
  constexpr std::string_view name = field_names<T>[I];
  std::array<char, escaped_size(name) + 4> out{};
  std::size_t n = 0;
  out[n++] = I == 0 ? '{' : ',';
  out[n++] = '"';
  for (const char c : name) {
    if (escaped_size(c) == 6) {
      for (const char u : {'\\', 'u', '0', '0'}) out[n++] = u;
      out[n++] = "0123456789abcdef"[c >> 4];
      out[n++] = "0123456789abcdef"[c & 15];
    } else {
      if (escaped_size(c) == 2) out[n++] = '\\';
      out[n++] = c;
    }
  }
  out[n++] = '"';
  out[n++] = ':';
  return out;
}();

template <class F>
bool write_value(const F& value, WriteContext& context);

template <class T>
bool write_object(const T& value, WriteContext& context) {
  const bool good = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return ((write_literal({key_literal<T, I>.data(), key_literal<T, I>.size()}, context.out),
             write_value(value.*std::get<I>(description<T>).member, context) ||
                 fail_in(field_names<T>[I], context)) &&
            ...);
  }(std::make_index_sequence<field_count<T>>());
  context.out.append('}');
  return good;
}

template <class F>
bool write_array(const std::vector<F>& values, WriteContext& context) {
  context.out.append('[');
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) context.out.append(',');
    if (!write_value(values[i], context)) return fail_in("[" + std::to_string(i) + "]", context);
  }
  context.out.append(']');
  return true;
}

template <class F>
bool write_value(const F& value, WriteContext& context) {
  if constexpr (is_optional<F>) {
    if (value) return write_value(*value, context);
    write_literal("null", context.out);
    return true;
  } else if constexpr (IntegerField<F> || FloatField<F>) {
    return write_number(value, context);
  } else if constexpr (TextField<F> || std::is_same_v<F, std::string_view>) {
    return write_string(std::string_view(value), context);
  } else if constexpr (std::is_same_v<F, bool>) {
    write_literal(value ? "true" : "false", context.out);
    return true;
  } else if constexpr (std::is_same_v<F, Timestamp>) {
    return write_time_value(value, context);
  } else if constexpr (is_vector<F>) {
    return write_array(value, context);
  } else {
    static_assert(Described<F>,
                  "millrace: JSON is written from described structs; write in the struct's "
                  "namespace: constexpr auto describe(millrace::type<T>) { return "
                  "millrace::fields(\"name\", &T::name, ...); }");
    if constexpr (Described<F>) return write_object(value, context);
    return false;
  }
}

}  // namespace detail
}  // namespace millrace::json
