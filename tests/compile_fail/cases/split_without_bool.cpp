// SPDX-License-Identifier: BSL-1.0
// error: millrace: split\(name, test\): .* return bool
#include "trades.hpp"

void build(const Trades& trades) {
#ifdef MISUSE
  trades.split("dear", symbol);
#else
  trades.split("dear", [](const Trade& t) { return t.price > 5; });
#endif
}
