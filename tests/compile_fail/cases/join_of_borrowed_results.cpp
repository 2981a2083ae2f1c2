// SPDX-License-Identifier: BSL-1.0
// error: millrace: a join's result borrows bytes, which end with the window
#include "quotes.hpp"

struct Found {
  millrace::Text symbol;
};
#ifndef MISUSE
constexpr auto describe(millrace::type<Found>) {
  return millrace::fields("symbol", &Found::symbol);
}
#endif

void build(const Quotes& quotes) {
  by_minute(quotes).inner("pairs", [](const Quote& a, const Quote&) { return Found{a.symbol}; });
}
