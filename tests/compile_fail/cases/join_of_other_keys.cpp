// SPDX-License-Identifier: BSL-1.0
// error: millrace: join\(other\): the keys of both sides must have the same type
#include "quotes.hpp"

void build(const Quotes& quotes) {
#ifdef MISUSE
  const auto others = quotes.key_by(&Quote::price);
#else
  const auto others = quotes.key_by(&Quote::symbol);
#endif
  quotes.key_by([](const Quote& quote) { return quote.symbol; })
      .join(others)
      .window(millrace::tumbling(1min))
      .allowed_lateness(1s)
      .inner("pairs", [](const Quote& a, const Quote& b) { return a.price - b.price; })
      .parallelism(2);
}
