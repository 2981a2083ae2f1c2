// SPDX-License-Identifier: BSL-1.0
// error: millrace: process\(name, op\) behind key_by: what save\(\) and load\(\) keep has no key
#include "millrace/stream/keyed_process.hpp"
#include "trades.hpp"

struct Counted {
  using output_type = Trade;
  millrace::ValueState<std::int64_t> last{"last"};
  auto states() { return std::tie(last); }
  void on_record(const Trade&, millrace::Timestamp, millrace::Emitter<Trade>&) {}
#ifdef MISUSE
  void save(std::string&) const {}
  millrace::Result<void> load(std::string_view) { return {}; }
#endif
};

void build(const Trades& trades) {
  trades.key_by(symbol).process("counted", Counted{}).to("sink", TradeStore{});
}
