// SPDX-License-Identifier: BSL-1.0
// error: millrace: merge\(name, others\.\.\.\): every stream must have this
#include "trades.hpp"

void build(const Trades& trades) {
#ifdef MISUSE
  trades.merge("both", trades.map("dollars", dollars));
#else
  trades.merge("both", trades);
#endif
}
