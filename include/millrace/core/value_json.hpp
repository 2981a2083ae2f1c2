// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/describe.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

/// Writes a described value as JSON without ever failing, for dead letters and messages: bytes that
/// are no UTF-8 are escaped one by one, NaN and infinity become null. The format for data is in
/// formats/json.hpp. Cost: allocates; not for the hot path.
class MILLRACE_EXPORT ValueJson {
 public:
  template <class T>
  static std::string of(const T& value) {
    ValueJson json;
    json.add(value);
    return std::move(json.out_);
  }

 private:
  template <class T>
  void add(const T& value) {
    if constexpr (Described<T>) {
      char separator = '{';
      for_each_field<T>([&](auto, const auto& field) {
        out_ += std::exchange(separator, ',');
        text(field.name);
        out_ += ':';
        add(value.*(field.member));
      });
      out_ += '}';
    } else if constexpr (std::is_same_v<T, bool>) {
      out_ += value ? "true" : "false";
    } else if constexpr (std::is_floating_point_v<T>) {
      number(static_cast<double>(value));
    } else if constexpr (std::is_integral_v<T>) {
      out_ += std::to_string(value);
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      time(value);
    } else if constexpr (std::is_enum_v<T>) {
      out_ += std::to_string(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      text(std::string_view(value));
    } else {
      out_ += "null";  // a member of a kind that no format knows
    }
  }
  template <class... T>
  void add(const std::tuple<T...>& values) {
    out_ += '[';
    const char* separator = "";
    std::apply(
        [&](const T&... value) { ((out_ += std::exchange(separator, ","), add(value)), ...); },
        values);
    out_ += ']';
  }
  template <class T>
  void add(const std::optional<T>& value) {
    if (value)
      add(*value);
    else
      out_ += "null";
  }
  template <class T>
  void add(const std::vector<T>& values) {
    out_ += '[';
    const char* separator = "";
    for (const T& value : values) {
      out_ += std::exchange(separator, ",");
      add(value);
    }
    out_ += ']';
  }
  void text(std::string_view s);
  void number(double d);
  void time(Timestamp t);

  std::string out_;
};

}  // namespace millrace
