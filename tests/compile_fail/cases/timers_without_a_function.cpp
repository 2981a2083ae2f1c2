// SPDX-License-Identifier: BSL-1.0
// error: millrace: process\(name, op\): op has Timers, but no
#include "millrace/stream/keyed_process.hpp"
#include "trades.hpp"

struct Alarms {
  using output_type = Trade;
  millrace::Timers timers;
  auto states() { return std::tie(timers); }
  void on_record(const Trade&, millrace::Timestamp time, millrace::Emitter<Trade>&) {
    timers.at_event_time(time);
  }
#ifdef MISUSE
  void on_timer(int key, millrace::Timestamp, millrace::Emitter<Trade>&);  // the key is a string
#else
  void on_timer(const std::string&, millrace::Timestamp, millrace::Emitter<Trade>&) {}
#endif
};

void build(const Trades& trades) {
  trades.key_by(symbol).process("alarms", Alarms{}).to("sink", TradeStore{});
}
