// SPDX-License-Identifier: BSL-1.0
// error: millrace: key_by\(key\): .* return a value that can be compared
#include "trades.hpp"

using namespace std::chrono_literals;
struct Blank {};

void build(const Trades& trades) {
#ifdef MISUSE
  trades.key_by([](const Trade&) { return Blank{}; })
      .window(millrace::tumbling(1min))
      .aggregate("count", millrace::agg::count());
#else
  trades.key_by(symbol).window(millrace::tumbling(1min)).aggregate("count", millrace::agg::count());
#endif
}
