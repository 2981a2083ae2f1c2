// SPDX-License-Identifier: BSL-1.0
// error: millrace: agg::min\(f\) and agg::max\(f\) keep the value past its batch
#include "trades.hpp"

using namespace std::chrono_literals;

void build(const Trades& trades) {
#ifdef MISUSE
  trades.key_by(symbol)
      .window(millrace::tumbling(1min))
      .aggregate("last",
                 millrace::agg::max([](const Trade& t) { return millrace::Text(t.symbol); }));
#else
  trades.key_by(symbol)
      .window(millrace::tumbling(1min))
      .aggregate("last", millrace::agg::max(symbol));
#endif
}
