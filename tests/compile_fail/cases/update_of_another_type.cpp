// SPDX-License-Identifier: BSL-1.0
// error: millrace: update\(name, f\): f must be callable
#include "trades.hpp"

void build(const Trades& trades) {
#ifdef MISUSE
  trades.update("clear", [](Position& p) { p.symbol.clear(); }).map("dollars", dollars);
#else
  trades.update("clear", [](Trade& t) { t.symbol.clear(); }).map("dollars", dollars);
#endif
}
