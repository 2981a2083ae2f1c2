// SPDX-License-Identifier: BSL-1.0
// error: millrace: window\(sliding\(size, slide\)\)\.aggregate.* so a needs .void merge
#include "trades.hpp"

using namespace std::chrono_literals;
struct Last {
  struct State {
    std::int64_t price = 0;
  };
  void add(State& state, const Trade& trade) const { state.price = trade.price; }
#ifndef MISUSE
  void merge(State& into, const State& from) const { into = from; }
#endif
  std::int64_t result(const State& state) const { return state.price; }
};

void build(const Trades& trades) {
  trades.key_by(symbol).window(millrace::sliding(1min, 10s)).aggregate("mine", Last{});
}
