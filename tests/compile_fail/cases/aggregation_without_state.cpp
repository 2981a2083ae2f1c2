// SPDX-License-Identifier: BSL-1.0
// error: millrace: aggregate\(name, a\): a needs .struct State.
#include "trades.hpp"

using namespace std::chrono_literals;
struct Last {
  struct State {
    std::int64_t price = 0;
  };
  void add(State& state, const Trade& trade) const { state.price = trade.price; }
  std::int64_t result(const State& state) const { return state.price; }
};

void build(const Trades& trades) {
#ifdef MISUSE
  trades.key_by(symbol).window(millrace::tumbling(1min)).aggregate("mine", Position{});
#else
  trades.key_by(symbol).window(millrace::tumbling(1min)).aggregate("mine", Last{});
#endif
}
