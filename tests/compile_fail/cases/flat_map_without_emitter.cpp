// SPDX-License-Identifier: BSL-1.0
// error: millrace: flat_map<U>\(name, f\): .* emitter\.emit\(value, time\)
#include "trades.hpp"

void build(const Trades& trades) {
#ifdef MISUSE
  trades.flat_map<int>("each", [](const Trade&) { return 1; });
#else
  trades.flat_map<int>("each", [](const Trade&, millrace::Timestamp t,
                                  millrace::Emitter<int>& out) { out.emit(1, t); });
#endif
}
