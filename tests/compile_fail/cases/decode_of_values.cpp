// SPDX-License-Identifier: BSL-1.0
// error: millrace: decode\(name, d\): d must decode
#include "millrace/formats/json.hpp"
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
  trades.decode("parse", millrace::json::as<Named>());
#else
  lines(trades).decode("parse", millrace::json::as<Named>());
#endif
}
