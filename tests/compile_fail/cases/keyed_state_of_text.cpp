// SPDX-License-Identifier: BSL-1.0
// error: millrace: this type borrows its bytes from a batch
#include "millrace/stream/keyed_process.hpp"
#include "trades.hpp"

template <class Kept>
struct Last {
  using output_type = Trade;
  millrace::ValueState<Kept> symbol{"symbol"};
  auto states() { return std::tie(symbol); }
  void on_record(const Trade& trade, millrace::Timestamp, millrace::Emitter<Trade>&) {
    symbol.set(Kept(trade.symbol));
  }
};

void build(const Trades& trades) {
#ifdef MISUSE
  trades.key_by(symbol).process("last", Last<millrace::Text>{}).to("sink", TradeStore{});
#else
  trades.key_by(symbol).process("last", Last<std::string>{}).to("sink", TradeStore{});
#endif
}
