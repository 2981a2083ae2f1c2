// SPDX-License-Identifier: BSL-1.0
// error: millrace: event_time\(name, when, strategy\): .* millrace::Timestamp
#include "trades.hpp"

using namespace std::chrono_literals;

void build(const Trades& trades) {
#ifdef MISUSE
  trades.event_time("at", &Trade::price, millrace::watermark::bounded_out_of_orderness(5s))
      .key_by(symbol)
      .window(millrace::tumbling(1min))
      .aggregate("count", millrace::agg::count());
#else
  trades.event_time("at", &Trade::at, millrace::watermark::bounded_out_of_orderness(5s));
#endif
}
