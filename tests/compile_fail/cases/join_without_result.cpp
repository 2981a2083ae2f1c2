// SPDX-License-Identifier: BSL-1.0
// error: millrace: a join's f must be callable with the records of both sides
#include "quotes.hpp"

void build(const Quotes& quotes) {
#ifdef MISUSE
  by_minute(quotes).left_outer("pairs", [](const Quote& a, const Quote&) { return a.price; });
#else
  by_minute(quotes).left_outer("pairs", [](const Quote& a, const Quote*) { return a.price; });
#endif
}
