// SPDX-License-Identifier: BSL-1.0
// error: millrace: filter\(name, keep\): .* return bool
#include "trades.hpp"

void build(const Trades& trades) {
#ifdef MISUSE
  trades.filter("dear", symbol).to("sink", TradeStore{});
#else
  trades.filter("dear", [](const Trade& t) { return t.price > 5; }).to("sink", TradeStore{});
#endif
}
