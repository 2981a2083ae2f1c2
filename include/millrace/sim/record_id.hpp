// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "millrace/core/value_json.hpp"
#include "millrace/state/codec.hpp"

namespace millrace::sim {

/// Types whose values record_id() tells apart.
template <class T>
concept Identified =
    std::convertible_to<const T&, std::string_view> || Described<T> || std::is_arithmetic_v<T> ||
    std::is_enum_v<T> || millrace::detail::HasMembers<T> || requires(const T& value) {
      { value.data } -> std::convertible_to<std::string_view>;
      { value.key } -> std::convertible_to<std::string_view>;
    };

/// What tells a record from others when the user gives no function for it: the whole value, as
/// text, as JSON or as its Codec's bytes.
template <Identified T>
std::string record_id(const T& value) {
  if constexpr (std::convertible_to<const T&, std::string_view>) {
    return std::string(std::string_view(value));
  } else if constexpr (requires {
                         { value.data } -> std::convertible_to<std::string_view>;
                         { value.key } -> std::convertible_to<std::string_view>;
                       }) {
    std::string id(std::string_view(value.data));
    if (!std::string_view(value.key).empty()) id += " key " + std::string(value.key);
    return id;
  } else if constexpr (Described<T> || std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return ValueJson::of(value);
  } else {
    std::string id;
    Codec<T>::write(id, value);
    return id;
  }
}

}  // namespace millrace::sim
