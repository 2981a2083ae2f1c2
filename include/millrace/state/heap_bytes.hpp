// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/describe.hpp"
#include "millrace/state/codec.hpp"

namespace millrace::detail {

/// A type that says what it holds: `std::size_t held_bytes(const T&)` in its namespace.
template <class T>
concept SaysHeldBytes = requires(const T& value) {
  { held_bytes(value) } -> std::convertible_to<std::size_t>;
};

/// Bytes that a value owns outside of itself, for the state budget. A type that is not known here
/// counts as none, unless it says.
template <class T>
std::size_t heap_bytes(const T& value);

template <class... M>
std::size_t heap_bytes_of_all(const M&... members) {
  return (std::size_t{0} + ... + heap_bytes(members));
}

template <class T>
struct HeapBytes {
  static std::size_t of(const T& value) {
    if constexpr (HasMembers<T>)
      return std::apply([](const auto&... m) { return heap_bytes_of_all(m...); },
                        members(const_cast<T&>(value)));
    else if constexpr (Described<T>)
      return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return heap_bytes_of_all(value.*(std::get<I>(description<T>).member)...);
      }(std::make_index_sequence<field_count<T>>());
    else
      return 0;
  }
};
template <>
struct HeapBytes<std::string> {
  static std::size_t of(const std::string& value) {
    const auto* const begin = reinterpret_cast<const char*>(&value);
    const bool inside = value.data() >= begin && value.data() < begin + sizeof(std::string);
    return inside ? 0 : value.capacity() + 1;
  }
};
template <class T>
struct HeapBytes<std::vector<T>> {
  static std::size_t of(const std::vector<T>& values) {
    std::size_t bytes = values.capacity() * sizeof(T);
    if constexpr (!std::is_trivially_copyable_v<T>)
      for (const T& value : values) bytes += heap_bytes(value);
    return bytes;
  }
};
template <class T>
struct HeapBytes<std::optional<T>> {
  static std::size_t of(const std::optional<T>& value) { return value ? heap_bytes(*value) : 0; }
};
template <class A, class B>
struct HeapBytes<std::pair<A, B>> {
  static std::size_t of(const std::pair<A, B>& p) { return heap_bytes_of_all(p.first, p.second); }
};
template <class... M>
struct HeapBytes<std::tuple<M...>> {
  static std::size_t of(const std::tuple<M...>& t) {
    return std::apply([](const M&... m) { return heap_bytes_of_all(m...); }, t);
  }
};

template <class T>
std::size_t heap_bytes(const T& value) {
  if constexpr (SaysHeldBytes<T>)
    return held_bytes(value);
  else if constexpr (std::is_trivially_copyable_v<T>)
    return 0;
  else
    return HeapBytes<T>::of(value);
}

}  // namespace millrace::detail
