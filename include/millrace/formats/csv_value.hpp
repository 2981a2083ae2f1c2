// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/text_writer.hpp"
#include "millrace/formats/explain.hpp"
#include "millrace/formats/field_kind.hpp"
#include "millrace/formats/number.hpp"
#include "millrace/formats/time.hpp"

namespace millrace::csv::detail {

using namespace millrace::detail;

/// Writes the inside of a quoted field with its doubled quotes halved; returns the end.
MILLRACE_EXPORT char* unescape(std::string_view inside, char* out);
/// true, True, TRUE; false likewise.
MILLRACE_EXPORT bool read_bool(std::string_view text, bool& out);

inline bool is_quoted(std::string_view field) { return !field.empty() && field[0] == '"'; }
/// A quoted field without the quotes around it.
inline std::string_view inside_of(std::string_view field) {
  return field.substr(1, field.size() - 2);
}

/// Where the unescaped texts of one record go: all into the same arena, since the first one makes
/// room for all.
class RowTexts {
 public:
  RowTexts(TextWriter& out, std::size_t row_size) : out_(out), room_(row_size) {}
  TextWriter& unescaped(std::string_view inside) {
    if (room_ < inside.size()) room_ = inside.size();  // two members may want the same column
    out_.advance(unescape(inside, out_.reserve(room_)));
    room_ -= out_.run().size();
    return out_;
  }

 private:
  TextWriter& out_;
  std::size_t room_;
};

/// Takes the text of a field with doubled quotes.
template <TextField F>
void read_doubled(std::string_view inside, F& out, RowTexts& texts) {
  TextWriter& text = texts.unescaped(inside);
  if constexpr (std::is_same_v<F, Text>) {
    out = text.finish();
  } else {
    out.assign(text.run());
    text.discard();
  }
}

/// Why `text` is not an F.
template <ScalarField F>
std::string why_not(std::string_view text) {
  if (text.empty()) return "it is empty; make the member a std::optional to allow that";
  if constexpr (std::is_same_v<F, Timestamp>) {
    return parse_time(text).error().message();
  } else if constexpr (std::is_same_v<F, bool>) {
    return "expected true or false, saw " + seen(text);
  } else if constexpr (FloatField<F>) {
    F ignored;
    if (read_float(text, ignored) == Number::bad_form)
      return "expected a number, saw " + seen(text);
    return seen(text) + " does not fit in a " + (sizeof(F) == 4 ? "float" : "double");
  } else if constexpr (IntegerField<F>) {
    F ignored;
    if (read_integer(text, ignored) == Number::bad_form)
      return "expected an integer, saw " + seen(text);
    return seen(text) + " does not fit in " + integer_name<F>();
  } else {
    return {};
  }
}

/// Converts what stands in a field; false when it is not an F.
template <ScalarField F>
bool read_plain(std::string_view text, F& out) {
  if constexpr (std::is_same_v<F, Text>) {
    out = Text(text);
    return true;
  } else if constexpr (TextField<F>) {
    out.assign(text);
    return true;
  } else if constexpr (std::is_same_v<F, Timestamp>) {
    return read_time(text, out);
  } else if constexpr (std::is_same_v<F, bool>) {
    return read_bool(text, out);
  } else if constexpr (FloatField<F>) {
    return read_float(text, out) == Number::good;
  } else {
    return read_integer(text, out) == Number::good;
  }
}
template <ScalarField F>
[[gnu::noinline]] bool read_quoted(std::string_view field, F& out, RowTexts& texts) {
  const std::string_view inside = inside_of(field);
  if constexpr (TextField<F>) {
    if (inside.find('"') != std::string_view::npos) {
      read_doubled(inside, out, texts);
      return true;
    }
  }
  return read_plain(inside, out);
}
/// Converts a field as it stands in the record; false when it is not an F.
template <ScalarField F>
[[gnu::always_inline]] inline bool read_field(std::string_view field, F& out, RowTexts& texts) {
  if (is_quoted(field)) [[unlikely]]
    return read_quoted(field, out, texts);
  return read_plain(field, out);
}

}  // namespace millrace::csv::detail
