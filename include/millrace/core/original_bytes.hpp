// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <string>
#include <string_view>

#include "millrace/core/value_json.hpp"

namespace millrace {

/// The bytes that a dead letter keeps of a value: those it came as, when the type still has them (a
/// Message, a row, a text). A type of your own joins in with `std::string original_bytes(const T&)`
/// in its namespace; of a described struct it is JSON.
template <class T>
std::string bytes_for_dead_letter(const T& value) {
  if constexpr (requires {
                  { original_bytes(value) } -> std::convertible_to<std::string>;
                })
    return original_bytes(value);
  else if constexpr (std::convertible_to<const T&, std::string_view>)
    return std::string(std::string_view(value));
  else if constexpr (requires {
                       { value.data } -> std::convertible_to<std::string_view>;
                     })
    return std::string(std::string_view(value.data));
  else if constexpr (Described<T>)
    return ValueJson::of(value);
  else
    return {};
}

}  // namespace millrace
