// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "millrace/core/value_json.hpp"
#include "millrace/state/codec.hpp"

namespace millrace::sim {

/// What tells a record from others when the user gives no function for it: the whole value, as
/// text, as JSON or as its Codec's bytes.
template <class T>
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
    static_assert(millrace::detail::HasMembers<T>,
                  "millrace: nothing tells one of these records from another; give the sink's "
                  "options an id(value), or the struct a describe()");
    std::string id;
    Codec<T>::write(id, value);
    return id;
  }
}

}  // namespace millrace::sim
