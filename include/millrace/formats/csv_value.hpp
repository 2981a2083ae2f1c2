// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstring>
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

/// A field as it stands in the record.
struct Cell {
  std::string_view inside;  ///< without the quotes around it
  bool doubled = false;     ///< has doubled quotes inside

  explicit Cell(std::string_view field) : inside(field) {
    if (field.empty() || field[0] != '"') return;
    inside = field.substr(1, field.size() - 2);
    doubled = std::memchr(inside.data(), '"', inside.size()) != nullptr;
  }
};

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

template <TextField F>
void read_text(const Cell& cell, F& out, RowTexts& texts) {
  if (!cell.doubled) [[likely]] {
    if constexpr (std::is_same_v<F, Text>)
      out = Text(cell.inside);
    else
      out.assign(cell.inside);
    return;
  }
  TextWriter& text = texts.unescaped(cell.inside);
  if constexpr (std::is_same_v<F, Text>) {
    out = text.finish();
  } else {
    out.assign(text.run());
    text.discard();
  }
}

/// Why `cell` is not an F.
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

/// Converts a cell; false when it is not an F.
template <ScalarField F>
bool read_cell(const Cell& cell, F& out, RowTexts& texts) {
  if constexpr (TextField<F>) {
    read_text(cell, out, texts);
    return true;
  } else if constexpr (std::is_same_v<F, Timestamp>) {
    return read_time(cell.inside, out);
  } else if constexpr (std::is_same_v<F, bool>) {
    return read_bool(cell.inside, out);
  } else if constexpr (FloatField<F>) {
    return read_float(cell.inside, out) == Number::good;
  } else {
    return read_integer(cell.inside, out) == Number::good;
  }
}

}  // namespace millrace::csv::detail
