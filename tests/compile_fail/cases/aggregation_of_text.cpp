// SPDX-License-Identifier: BSL-1.0
// error: millrace: agg::sum\(f\): f returns no number
#include "trades.hpp"

using namespace std::chrono_literals;

void build(const Trades& trades) {
#ifdef MISUSE
  trades.key_by(symbol)
      .window(millrace::tumbling(1min))
      .aggregate("sum", millrace::agg::sum(symbol));
#else
  trades.key_by(symbol)
      .window(millrace::tumbling(1min))
      .aggregate("sum", millrace::agg::sum(dollars));
#endif
}
