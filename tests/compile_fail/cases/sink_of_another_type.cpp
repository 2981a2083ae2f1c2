// SPDX-License-Identifier: BSL-1.0
// error: millrace: to\(name, sink\): this sink does not take
#include "trades.hpp"

void build(const Trades& trades) {
#ifdef MISUSE
  trades.map("dollars", dollars).to("sink", TradeStore{});
#else
  trades.to("sink", TradeStore{});
#endif
}
