// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <optional>
#include <string_view>
#include <utility>

#include "millrace/formats/describe.hpp"
#include "millrace/formats/field_kind.hpp"
#include "millrace/formats/json_layout.hpp"
#include "millrace/formats/json_value.hpp"
#include "millrace/formats/number.hpp"
#include "millrace/formats/time.hpp"

namespace millrace::json::detail {

using namespace millrace::detail;

/// True for structs of which records have a Layout: those without nested ones and arrays.
template <class T>
inline constexpr bool has_layout = false;
template <Described T>
inline constexpr bool has_layout<T> = is_flat<T>;

/// Gives a field the value that was found; false when it can't be told from it alone. `in` is the
/// record's, for what is escaped.
template <class F>
bool assign(const RawValue& value, F& out, Cursor& in, TextWriter& text) {
  if constexpr (is_optional<F>) {
    if (value.kind == RawValue::other && value.text == "null") {
      out.reset();
      return true;
    }
    if (!out) out.emplace();
    return assign(value, *out, in, text);
  } else if constexpr (TextField<F>) {
    if (value.kind != RawValue::string) return false;
    take_text(in, {value.text, value.escaped}, out, text);
    return true;
  } else if constexpr (std::is_same_v<F, Timestamp>) {
    return value.kind == RawValue::string && !value.escaped && read_time(value.text, out);
  } else if constexpr (std::is_same_v<F, bool>) {
    out = value.text == "true";
    return value.kind == RawValue::other && (out || value.text == "false");
  } else if constexpr (IntegerField<F>) {
    return value.kind == RawValue::integer && read_integer(value.text, out) == Number::good;
  } else {
    return (value.kind == RawValue::integer || value.kind == RawValue::number) &&
           read_float(value.text, out) == Number::good;
  }
}

/// The same for all fields; those that are absent get what an absent one is.
template <class T>
bool assign_fields(const RawValue* values, T& out, Cursor& in, TextWriter& text) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto one = [&]<std::size_t i>(std::integral_constant<std::size_t, i>) {
      using F = FieldType<T, i>;
      F& member = out.*std::get<i>(description<T>).member;
      if (values[i].kind != RawValue::absent) [[likely]]
        return assign(values[i], member, in, text);
      if constexpr (is_optional<F>)
        member.reset();
      else
        member = T().*std::get<i>(description<T>).member;
      return true;
    };
    return (one(std::integral_constant<std::size_t, I>()) && ...);
  }(std::make_index_sequence<field_count<T>>());
}

}  // namespace millrace::json::detail
