// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <tuple>

#include "millrace/stream/keyed_process.hpp"
#include "runtime/kit.hpp"

namespace kit {

/// Numbers the records of each key, and says how many there were when a key has been silent for 5
/// s.
struct Numbering {
  using output_type = Event;
  ValueState<int> count{"count"};
  ValueState<Timestamp> last{"last"};
  Timers timers;
  auto states() { return std::tie(count, last, timers); }
  void on_record(const Event& e, Timestamp time, Emitter<Event>& out) {
    count.update([](int& n) { ++n; });
    out.emit({e.key, *count.get(), time}, time);
    if (const Timestamp* before = last.get()) timers.cancel_event_time(*before + 5s);
    last.set(time);
    timers.at_event_time(time + 5s);
  }
  void on_timer(const int& key, Timestamp time, Emitter<Event>& out) {
    out.emit({key, -*count.get(), time}, time);
  }
};

}  // namespace kit
