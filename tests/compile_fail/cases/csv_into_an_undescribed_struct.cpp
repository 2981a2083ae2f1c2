// SPDX-License-Identifier: BSL-1.0
// error: millrace: csv::as<T>\(\) needs a description of T
#include "millrace/formats/csv.hpp"
#include "trades.hpp"

struct Named {
  std::string symbol;
};
constexpr auto describe(millrace::type<Named>) {
  return millrace::fields("symbol", &Named::symbol);
}
millrace::Stream<millrace::Message> lines(const Trades& trades);

void build(const Trades& trades) {
#ifdef MISUSE
  lines(trades).decode("csv", millrace::csv::as<Position>());
#else
  lines(trades).decode("csv", millrace::csv::as<Named>());
#endif
}
