// SPDX-License-Identifier: BSL-1.0
// error: millrace: map\(name, f\): .* To change values in place, use update
#include "trades.hpp"

void build(const Trades& trades) {
#ifdef MISUSE
  trades.map("round", [](const Trade&) {});
#else
  trades.update("round", [](Trade& t) { t.price = 0; });
#endif
}
