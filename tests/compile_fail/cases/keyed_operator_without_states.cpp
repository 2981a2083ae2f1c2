// SPDX-License-Identifier: BSL-1.0
// error: millrace: process\(name, op\) behind key_by: op needs
#include "millrace/stream/keyed_process.hpp"
#include "trades.hpp"

struct Jumps {
  using output_type = Trade;
  millrace::ValueState<std::int64_t> last{"last"};
#ifndef MISUSE
  auto states() { return std::tie(last); }
#endif
  void on_record(const Trade& trade, millrace::Timestamp time, millrace::Emitter<Trade>& out) {
    if (last.value_or(0) < trade.price) out.emit(trade, time);
    last.set(trade.price);
  }
};

void build(const Trades& trades) {
  trades.key_by(symbol).process("jumps", Jumps{}).to("sink", TradeStore{});
}
