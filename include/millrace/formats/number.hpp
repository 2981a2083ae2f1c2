// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <system_error>

#include "millrace/formats/field_kind.hpp"

namespace millrace::detail {

enum class Number : unsigned char { good, bad_form, out_of_range };

template <IntegerField F>
Number read_integer_slow(std::string_view text, F& out) {
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, out);
  if (stop == end && problem == std::errc()) [[likely]]
    return Number::good;
  return problem == std::errc::result_out_of_range && stop == end ? Number::out_of_range
                                                                  : Number::bad_form;
}

/// Most integers are short: those need no call and no check for overflow.
template <IntegerField F>
Number read_integer(std::string_view text, F& out) {
  constexpr std::size_t short_max = std::numeric_limits<F>::digits10;
  if (text.empty() || text.size() > short_max) return read_integer_slow(text, out);
  F value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return read_integer_slow(text, out);
    value = static_cast<F>(value * 10 + (c - '0'));
  }
  out = value;
  return Number::good;
}

/// Digits that do not fit are an error: neither infinity nor zero stands for them.
template <FloatField F>
Number read_float(std::string_view text, F& out) {
  // from_chars also takes "inf" and "nan", which no file format here knows.
  const char first = text.empty() ? '\0' : text[text[0] == '-' && text.size() > 1];
  if ((first < '0' || first > '9') && first != '.') return Number::bad_form;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, out);
  if (stop != end) return Number::bad_form;
  if (problem == std::errc::result_out_of_range || !std::isfinite(out)) return Number::out_of_range;
  if (problem != std::errc()) return Number::bad_form;
  if (out == 0) {
    const std::string_view mantissa = text.substr(0, text.find_first_of("eE"));
    if (mantissa.find_first_of("123456789") != std::string_view::npos) return Number::out_of_range;
  }
  return Number::good;
}

}  // namespace millrace::detail
