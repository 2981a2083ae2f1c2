// SPDX-License-Identifier: BSL-1.0
// error: millrace: join\(other\): a record borrows bytes that the join can't keep
#include "quotes.hpp"

struct Row {
  millrace::Text symbol;
  std::int64_t price = 0;
};
#ifndef MISUSE
constexpr auto describe(millrace::type<Row>) {
  return millrace::fields("symbol", &Row::symbol, "price", &Row::price);
}
#endif

void build(const millrace::Stream<Row>& rows, const Quotes& quotes) {
  rows.key_by(&Row::symbol)
      .join(quotes.key_by(&Quote::symbol))
      .window(millrace::tumbling(1min))
      .inner("pairs", [](const Row& row, const Quote& quote) { return row.price - quote.price; });
}
