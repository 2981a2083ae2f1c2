// SPDX-License-Identifier: BSL-1.0
// error: millrace: describe\(\) leaves members of this struct out, which state would lose
#include "trades.hpp"

using namespace std::chrono_literals;
struct Key {
  std::string symbol;
#ifdef MISUSE
  int venue = 0;
#endif
  bool operator==(const Key&) const = default;
};
constexpr auto describe(millrace::type<Key>) { return millrace::fields("symbol", &Key::symbol); }

void build(const Trades& trades) {
  trades.key_by([](const Trade& t) { return Key{t.symbol}; })
      .window(millrace::tumbling(1min))
      .aggregate("count", millrace::agg::count());
}
