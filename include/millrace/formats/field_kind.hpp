// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "millrace/core/text.hpp"
#include "millrace/core/time.hpp"
#include "millrace/formats/describe.hpp"

namespace millrace::detail {

template <class F>
inline constexpr bool is_optional = false;
template <class F>
inline constexpr bool is_optional<std::optional<F>> = true;

template <class F>
inline constexpr bool is_vector = false;
template <class F>
inline constexpr bool is_vector<std::vector<F>> = !std::is_same_v<F, bool>;

template <class F>
inline constexpr bool is_character =
    std::is_same_v<F, char> || std::is_same_v<F, wchar_t> || std::is_same_v<F, char8_t> ||
    std::is_same_v<F, char16_t> || std::is_same_v<F, char32_t>;

template <class F>
concept IntegerField = std::integral<F> && !std::same_as<F, bool> && !is_character<F>;
template <class F>
concept FloatField = std::same_as<F, float> || std::same_as<F, double>;
template <class F>
concept TextField = std::same_as<F, Text> || std::same_as<F, std::string>;

/// What fits in one cell of a table, and so in both JSON and CSV.
template <class F>
concept ScalarField = IntegerField<F> || FloatField<F> || TextField<F> || std::same_as<F, bool> ||
                      std::same_as<F, Timestamp>;

/// "int32 (-2147483648 to 2147483647)", for messages.
template <IntegerField F>
std::string integer_name() {
  return (std::is_signed_v<F> ? "int" : "uint") + std::to_string(8 * sizeof(F)) + " (" +
         std::to_string(std::numeric_limits<F>::min()) + " to " +
         std::to_string(std::numeric_limits<F>::max()) + ")";
}

template <class T, std::size_t... I>
consteval bool all_scalar(std::index_sequence<I...>) {
  const auto is_scalar = []<class F>(type<F>) {
    if constexpr (is_optional<F>)
      return ScalarField<typename F::value_type>;
    else
      return ScalarField<F>;
  };
  return (is_scalar(type<FieldType<T, I>>{}) && ...);
}

/// True when every member of T fits in one cell.
template <Described T>
inline constexpr bool is_flat = all_scalar<T>(std::make_index_sequence<field_count<T>>());

}  // namespace millrace::detail
