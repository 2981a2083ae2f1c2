// SPDX-License-Identifier: BSL-1.0
// error: millrace: process\(name, op\): op needs
#include "trades.hpp"

struct Jumps {
  using output_type = Trade;
  void on_record(const Trade& trade, millrace::Timestamp time, millrace::Emitter<Trade>& out) {
    out.emit(trade, time);
  }
};

void build(const Trades& trades) {
#ifdef MISUSE
  trades.process("jumps", Position{}).to("sink", TradeStore{});
#else
  trades.process("jumps", Jumps{}).to("sink", TradeStore{});
#endif
}
