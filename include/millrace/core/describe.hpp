// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/text.hpp"

namespace millrace {

/// Names a type in the argument of describe(), so that it is found in the type's own namespace.
template <class T>
struct type {
  using value_type = T;
};

/// One described member: its name outside the program and where it lies.
template <class Owner, class Value>
struct Field {
  using owner_type = Owner;
  using value_type = Value;
  std::string_view name;
  Value Owner::*member;
};

namespace detail {

template <class Name, class Owner, class Value>
requires std::is_member_object_pointer_v<Value Owner::*>
constexpr Field<Owner, Value> make_field(Name name, Value Owner::*member) {
  static_assert(std::is_convertible_v<Name, std::string_view>,
                "millrace::fields takes a name, then a member: fields(\"id\", &T::id, ...)");
  return {std::string_view(name), member};
}

// The arguments of fields(), each by its number. A std::tuple of them would cost every described
// struct more time to compile than all the rest.
template <std::size_t, class T>
struct Argument {
  T value;
};
template <class Numbers, class... T>
struct Arguments;
template <std::size_t... I, class... T>
struct Arguments<std::index_sequence<I...>, T...> : Argument<I, T>... {};
template <std::size_t I, class T>
constexpr T argument(const Argument<I, T>& argument) {
  return argument.value;
}
template <class... F>
constexpr std::tuple<F...> tuple_of(F... field) {
  return std::tuple<F...>(field...);
}

template <class Args, std::size_t... I>
constexpr auto make_fields(const Args& args, std::index_sequence<I...>) {
  return tuple_of(make_field(argument<2 * I>(args), argument<2 * I + 1>(args))...);
}

}  // namespace detail

/// The members of a struct and their names, in the order in which they are written out.
///
///     struct Accident {
///       millrace::Text id;
///       double distance_mi = 0;
///     };
///     constexpr auto describe(millrace::type<Accident>) {
///       return millrace::fields("ID", &Accident::id, "Distance(mi)", &Accident::distance_mi);
///     }
///
/// It is written in the struct's namespace, right after the struct, before its first use. JSON,
/// CSV and whatever else needs names read it; there is no macro and no registration.
template <class... Args>
constexpr auto fields(Args... args) {
  static_assert(sizeof...(Args) > 0 && sizeof...(Args) % 2 == 0,
                "millrace::fields takes pairs: fields(\"id\", &T::id, \"city\", &T::city)");
  using Arguments = detail::Arguments<std::make_index_sequence<sizeof...(Args)>, Args...>;
  return detail::make_fields(Arguments{{args}...}, std::make_index_sequence<sizeof...(Args) / 2>());
}

/// True for a struct with a describe().
template <class T>
concept Described = std::is_class_v<T> && requires { describe(type<T>{}); };

/// The described members of T: a tuple of Field.
template <Described T>
inline constexpr auto description = describe(type<T>{});

template <Described T>
inline constexpr std::size_t field_count = std::tuple_size_v<decltype(describe(type<T>{}))>;

/// The type of T's I-th described member.
template <Described T, std::size_t I>
using FieldType = typename std::tuple_element_t<I, decltype(describe(type<T>{}))>::value_type;

/// Calls `f(index, field)` for each described member; index is a std::integral_constant.
template <Described T, class F>
constexpr void for_each_field(F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f(std::integral_constant<std::size_t, I>(), std::get<I>(description<T>)), ...);
  }(std::make_index_sequence<field_count<T>>());
}

namespace detail {

template <class T, std::size_t... I>
constexpr auto names_of(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{std::get<I>(description<T>).name...};
}

template <std::size_t N>
constexpr bool all_different(const std::array<std::string_view, N>& names) {
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = i + 1; j < N; ++j)
      if (names[i] == names[j]) return false;
  return true;
}

}  // namespace detail

/// The names of T's described members.
template <Described T>
inline constexpr auto field_names = [] {
  constexpr auto names = detail::names_of<T>(std::make_index_sequence<field_count<T>>());
  static_assert(detail::all_different(names), "millrace: describe() gives one name to two members");
  return names;
}();

/// Stands for "no such field".
inline constexpr std::size_t no_field = static_cast<std::size_t>(-1);

/// The index of a member in T's description, or no_field.
template <Described T, class Owner, class Value>
constexpr std::size_t field_index(Value Owner::*member) {
  std::size_t found = no_field;
  for_each_field<T>([&](auto index, const auto& field) {
    if constexpr (std::is_same_v<decltype(field.member), Value Owner::*>)
      if (field.member == member) found = index;
  });
  return found;
}

template <class T>
inline constexpr bool borrows<std::optional<T>> = borrows<T>;
template <class T>
inline constexpr bool borrows<std::vector<T>> = borrows<T>;

namespace detail {

template <class T, std::size_t... I>
constexpr bool a_field_borrows(std::index_sequence<I...>) {
  return (borrows<FieldType<T, I>> || ...);
}

}  // namespace detail

/// A described struct borrows when one of its members does.
template <Described T>
inline constexpr bool borrows<T> =
    detail::a_field_borrows<T>(std::make_index_sequence<field_count<T>>());

}  // namespace millrace
