// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/text_writer.hpp"
#include "millrace/formats/describe.hpp"
#include "millrace/formats/explain.hpp"
#include "millrace/formats/field_kind.hpp"
#include "millrace/formats/json_cursor.hpp"
#include "millrace/formats/json_layout.hpp"
#include "millrace/formats/number.hpp"
#include "millrace/formats/time.hpp"

namespace millrace::json {

/// What a decoder does with a member that the struct does not describe.
enum class UnknownFields : unsigned char {
  ignore,  ///< checks its bytes and steps over it
  error,
};
/// What a decoder does when a described field that is not optional does not come.
enum class MissingFields : unsigned char {
  error,
  use_default,  ///< the field of a default-constructed T
};
/// What a decoder does with a described field that comes twice. Names that are not described are
/// not compared.
enum class Duplicates : unsigned char { error, use_last };

struct DecodeOptions {
  UnknownFields unknown_fields = UnknownFields::ignore;
  MissingFields missing_fields = MissingFields::error;
  Duplicates duplicates = Duplicates::error;
  std::uint32_t max_depth = 128;  ///< levels of objects and arrays; at most 4096
};

namespace detail {

using namespace millrace::detail;

struct ReadContext {
  const DecodeOptions& options;
  TextWriter& text;
  Layout* layout = nullptr;  ///< which learns the object, if it is flat
};

template <class F>
bool read_value(Cursor& in, F& out, const ReadContext& context);

template <IntegerField F>
bool read_integer_value(Cursor& in, F& out) {
  const char* const at = in.position();
  std::string_view digits;
  bool integral = false;
  if (!in.number(digits, integral, "an integer")) return false;
  if (!integral) return in.fail_at(at, "expected an integer, saw " + seen(digits));
  if (read_integer(digits, out) == Number::good) [[likely]]
    return true;
  return in.fail_at(at, seen(digits) + " does not fit in " + integer_name<F>());
}

template <FloatField F>
bool read_float_value(Cursor& in, F& out) {
  const char* const at = in.position();
  std::string_view digits;
  bool integral = false;
  if (!in.number(digits, integral, "a number")) return false;
  if (read_float(digits, out) == Number::good) [[likely]]
    return true;
  return in.fail_at(at,
                    seen(digits) + " does not fit in a " + (sizeof(F) == 4 ? "float" : "double"));
}

/// Gives a text what the string says.
template <TextField F>
void take_text(Cursor& in, const Cursor::String& string, F& out, TextWriter& text) {
  const std::string_view value = string.escaped ? in.unescape(string.raw, text) : string.raw;
  if constexpr (std::is_same_v<F, Text>) {
    out = string.escaped ? text.finish() : Text(value);
  } else {
    out.assign(value);
    if (string.escaped) text.discard();
  }
}

template <TextField F>
bool read_text_value(Cursor& in, F& out, TextWriter& text) {
  Cursor::String string;
  if (!in.string(string, "a string")) return false;
  take_text(in, string, out, text);
  return true;
}

inline bool read_time_value(Cursor& in, Timestamp& out, TextWriter& text) {
  const char* const at = in.position();
  Cursor::String string;
  if (!in.string(string, "a time in quotes")) return false;
  std::string_view value = string.raw;
  if (string.escaped) {
    value = in.unescape(string.raw, text);
    text.discard();  // the bytes stay until the next write
  }
  if (read_time(value, out)) [[likely]]
    return true;
  return in.fail_at(at, parse_time(value).error().message());
}

inline bool read_bool_value(Cursor& in, bool& out) {
  if (in.take_word("true")) {
    out = true;
    return true;
  }
  out = false;
  return in.take_word("false") || in.fail_expected("true or false");
}

template <class F>
bool read_array(Cursor& in, std::vector<F>& out, const ReadContext& context) {
  if (!in.open('[', "an array")) return false;
  std::size_t count = 0;
  bool closed = in.take_empty(']');
  while (!closed) {
    // Elements of an earlier record are read into, so that what they own keeps its capacity.
    if (count == out.size()) out.emplace_back();
    if (!read_value(in, out[count], context)) return in.in_element(count);
    ++count;
    if (!in.more(']', closed) && !closed) return false;
  }
  out.resize(count);
  return true;
}

template <class T>
using FieldReader = bool (*)(Cursor&, T&, const ReadContext&);

template <class T, std::size_t... I>
constexpr auto make_readers(std::index_sequence<I...>) {
  return std::array<FieldReader<T>, sizeof...(I)>{
      +[](Cursor& in, T& out, const ReadContext& context) {
        return read_value(in, out.*std::get<I>(description<T>).member, context);
      }...};
}

/// A function for each field, called by the field's index.
template <class T>
inline constexpr auto readers = make_readers<T>(std::make_index_sequence<field_count<T>>());

/// The field of that name; records mostly keep their order, so `guess` is tried first.
template <class T>
std::size_t find_field(std::string_view name, std::size_t guess) {
  constexpr auto& names = field_names<T>;
  if (guess < names.size() && names[guess] == name) return guess;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return i;
  return no_field;
}

/// Which fields came.
template <class T>
class SeenFields {
 public:
  /// False when it was there before.
  bool add(std::size_t i) {
    const std::uint64_t bit = std::uint64_t{1} << (i % 64);
    const bool first = (words_[i / 64] & bit) == 0;
    words_[i / 64] |= bit;
    return first;
  }
  bool has(std::size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }

 private:
  std::uint64_t words_[(field_count<T> + 63) / 64] = {};
};

/// Gives the fields that did not come their value, or says which one is missing.
template <class T>
bool complete(Cursor& in, const char* start, T& out, const SeenFields<T>& came,
              const DecodeOptions& options) {
  bool good = true;
  for_each_field<T>([&](auto index, const auto& field) {
    if (came.has(index) || !good) return;
    using F = FieldType<T, index>;
    if constexpr (is_optional<F>) {
      (out.*field.member).reset();
    } else if (options.missing_fields == MissingFields::use_default) {
      out.*field.member = T().*field.member;
    } else {
      good = false;
      in.fail_at(start, "it is missing");
      in.in_field(field.name);
    }
  });
  return good;
}

/// A member's name, up to its value, and the field of that name.
template <class T>
bool read_name(Cursor& in, const ReadContext& context, std::size_t guess, std::size_t& field) {
  const char* const at = in.position();
  Cursor::String key;
  if (!in.key(key)) return false;
  std::string_view name = key.raw;
  if (key.escaped) [[unlikely]] {
    name = in.unescape(key.raw, context.text);
    context.text.discard();  // the bytes stay until the next write
  }
  field = find_field<T>(name, guess);
  if (field != no_field || context.options.unknown_fields == UnknownFields::ignore) return true;
  return in.fail_at(at, "unknown field " + seen(name) + did_you_mean(name, field_names<T>));
}

template <class T>
bool read_member(Cursor& in, T& out, const ReadContext& context, SeenFields<T>& came,
                 std::size_t& guess) {
  const char* const at = in.position();
  std::size_t i = no_field;
  if (!read_name<T>(in, context, guess, i)) return false;
  if (context.layout) context.layout->value_begins(in.position(), i);
  if (i == no_field) return in.skip_value();
  guess = i + 1;
  if (!came.add(i)) {
    if (context.options.duplicates == Duplicates::error) {
      in.fail_at(at, "it comes twice");
      return in.in_field(field_names<T>[i]);
    }
    if (context.layout) context.layout->spoil();  // it keeps one value a field
  }
  return readers<T>[i](in, out, context) || in.in_field(field_names<T>[i]);
}

template <class T>
bool read_object(Cursor& in, T& out, const ReadContext& context) {
  const char* const start = in.position();
  if (!in.open('{', "an object")) return false;
  SeenFields<T> came;
  std::size_t guess = 0;
  bool closed = in.take_empty('}');
  while (!closed) {
    if (!read_member(in, out, context, came, guess)) return false;
    if (context.layout) context.layout->value_ends(in.position());
    if (!in.more('}', closed) && !closed) return false;
  }
  return complete(in, start, out, came, context.options);
}

/// Reads the value that comes next into `out`, whatever was in it.
template <class F>
bool read_value(Cursor& in, F& out, const ReadContext& context) {
  if constexpr (is_optional<F>) {
    if (in.take_word("null")) {
      out.reset();
      return true;
    }
    if (!out) out.emplace();
    return read_value(in, *out, context);
  } else if constexpr (IntegerField<F>) {
    return read_integer_value(in, out);
  } else if constexpr (FloatField<F>) {
    return read_float_value(in, out);
  } else if constexpr (TextField<F>) {
    return read_text_value(in, out, context.text);
  } else if constexpr (std::is_same_v<F, bool>) {
    return read_bool_value(in, out);
  } else if constexpr (std::is_same_v<F, Timestamp>) {
    return read_time_value(in, out, context.text);
  } else if constexpr (is_vector<F>) {
    return read_array(in, out, context);
  } else {
    static_assert(
        Described<F>,
        "millrace: a described member is Text, std::string, bool, an integer, float, "
        "double, Timestamp, a described struct, or std::optional or std::vector of these");
    return read_object(in, out, context);
  }
}

}  // namespace detail
}  // namespace millrace::json
