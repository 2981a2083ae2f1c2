// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/stream/window_join.hpp"

struct Quote {
  std::string symbol;
  std::int64_t price = 0;
};
constexpr auto describe(millrace::type<Quote>) {
  return millrace::fields("symbol", &Quote::symbol, "price", &Quote::price);
}
using Quotes = millrace::Stream<Quote>;

using namespace std::chrono_literals;

/// All quotes with all others of their minute.
inline auto by_minute(const Quotes& quotes) {
  return quotes.key_by(&Quote::symbol)
      .join(quotes.key_by(&Quote::symbol))
      .window(millrace::tumbling(1min));
}
