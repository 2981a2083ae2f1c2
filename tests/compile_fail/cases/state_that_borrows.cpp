// SPDX-License-Identifier: BSL-1.0
// error: millrace: (an aggregator's state borrows|this type borrows its bytes from a batch)
#include "trades.hpp"

using namespace std::chrono_literals;
template <class Kept>
struct Last {
  struct State {
    Kept symbol;
    friend auto members(State& state) { return std::tie(state.symbol); }
  };
  void add(State& state, const Trade& trade) const { state.symbol = Kept(trade.symbol); }
  std::int64_t result(const State& state) const {
    return static_cast<std::int64_t>(state.symbol.size());
  }
};

void build(const Trades& trades) {
#ifdef MISUSE
  trades.key_by(symbol).window(millrace::tumbling(1min)).aggregate("last", Last<millrace::Text>{});
#else
  trades.key_by(symbol).window(millrace::tumbling(1min)).aggregate("last", Last<std::string>{});
#endif
}
