// SPDX-License-Identifier: BSL-1.0
// error: millrace: map\(name, f\): f must be callable
#include "trades.hpp"

void build(const Trades& trades) {
#ifdef MISUSE
  trades.map("name", [](const Position& p) { return p.symbol; })
      .filter("some", [](const std::string& s) { return !s.empty(); })
      .to("sink", TradeStore{});
#else
  trades.map("same", [](const Trade& t) { return t; }).to("sink", TradeStore{});
#endif
}
