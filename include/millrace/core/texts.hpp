// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/describe.hpp"
#include "millrace/core/message.hpp"
#include "millrace/core/text.hpp"

namespace millrace::detail {

/// The Text fields of a T, for those who move a batch's bytes elsewhere.
///
/// `known` is false when a T may borrow bytes that nobody named: then they can't be moved.
/// `each(value, f)` calls f(text) for each Text in it.
template <class T>
struct TextsOf {
  static constexpr bool known = std::is_arithmetic_v<T> || std::is_enum_v<T>;
  static constexpr bool any = false;
  template <class V, class F>
  static void each(V&, F&&) {}
};

struct NoTexts {
  static constexpr bool known = true;
  static constexpr bool any = false;
  template <class V, class F>
  static void each(V&, F&&) {}
};
template <>
struct TextsOf<std::string> : NoTexts {};
template <class R, class P>
struct TextsOf<std::chrono::duration<R, P>> : NoTexts {};
template <class C, class D>
struct TextsOf<std::chrono::time_point<C, D>> : NoTexts {};

template <>
struct TextsOf<Text> {
  static constexpr bool known = true;
  static constexpr bool any = true;
  template <class V, class F>
  static void each(V& text, F&& f) {
    f(text);
  }
};
template <>
struct TextsOf<Message> {
  static constexpr bool known = true;
  static constexpr bool any = true;
  template <class V, class F>
  static void each(V& message, F&& f) {
    f(message.data);
    f(message.key);
  }
};

/// A container of any number of T.
template <class T>
struct TextsOfRange {
  static constexpr bool known = TextsOf<T>::known;
  static constexpr bool any = TextsOf<T>::any;
  template <class V, class F>
  static void each(V& values, F&& f) {
    for (auto& value : values) TextsOf<T>::each(value, f);
  }
};
template <class T>
struct TextsOf<std::vector<T>> : TextsOfRange<T> {};
template <>
struct TextsOf<std::vector<bool>> : NoTexts {};
template <class T>
struct TextsOf<std::optional<T>> {
  static constexpr bool known = TextsOf<T>::known;
  static constexpr bool any = TextsOf<T>::any;
  template <class V, class F>
  static void each(V& value, F&& f) {
    if (value) TextsOf<T>::each(*value, f);
  }
};

/// A described struct: its members, when what is not described is too small to borrow anything.
template <Described T>
struct TextsOf<T> {
  static constexpr bool known = [] {
    bool all = true;
    std::size_t bytes = 0;
    for_each_field<T>([&](auto index, const auto& field) {
      using Value = FieldType<T, index>;
      all &= TextsOf<Value>::known && field_index<T>(field.member) == index;  // no member twice
      bytes += sizeof(Value);
    });
    return all && sizeof(T) < bytes + sizeof(void*);
  }();
  static constexpr bool any = [] {
    bool some = false;
    for_each_field<T>([&](auto index, const auto&) { some |= TextsOf<FieldType<T, index>>::any; });
    return some;
  }();
  template <class V, class F>
  static void each(V& value, F&& f) {
    for_each_field<T>([&](auto index, const auto& field) {
      TextsOf<FieldType<T, index>>::each(value.*(field.member), f);
    });
  }
};

}  // namespace millrace::detail
