// SPDX-License-Identifier: BSL-1.0
// error: millrace: encode\(name, e\)|millrace: JSON is written from described structs
#include "millrace/formats/json.hpp"
#include "trades.hpp"

struct Named {
  std::string symbol;
};
constexpr auto describe(millrace::type<Named>) {
  return millrace::fields("symbol", &Named::symbol);
}

void build(const Trades& trades) {
#ifdef MISUSE
  trades.map("p", [](const Trade& t) { return Position{t.symbol}; })
      .encode("json", millrace::json::lines());
#else
  trades.map("p", [](const Trade& t) { return Named{t.symbol}; })
      .encode("json", millrace::json::lines());
#endif
}
