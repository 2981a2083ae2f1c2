// SPDX-License-Identifier: BSL-1.0
// error: millrace: state can't save this type; describe\(\) it, give it
#include "trades.hpp"

using namespace std::chrono_literals;
struct Names {
  std::vector<std::string> all;
  bool operator==(const Names&) const = default;
};

void build(const Trades& trades) {
#ifdef MISUSE
  trades.key_by([](const Trade& t) { return Names{{t.symbol}}; })
      .window(millrace::tumbling(1min))
      .aggregate("count", millrace::agg::count());
#else
  trades.key_by(symbol).window(millrace::tumbling(1min)).aggregate("count", millrace::agg::count());
#endif
}
