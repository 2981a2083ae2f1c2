// SPDX-License-Identifier: BSL-1.0
#include "millrace/state/timers.hpp"

#include "millrace/core/error.hpp"

namespace millrace {
namespace detail {

void throw_unwanted_timer(TimeDomain domain) {
  const std::string function = domain == TimeDomain::event ? "on_timer" : "on_processing_timer";
  throw Failure(Error(Errc::conflict,
                      "a timer was set that nobody would be told of: give the operator 'void " +
                          function + "(const Key&, Timestamp, Emitter<U>&)'"));
}

}  // namespace detail

void Timers::commit(Cell& cell, std::uint32_t row) {
  const std::size_t before = cell.heap_bytes();
  for (const Wish& wish : wishes_) {
    if (wish.set) {
      if (cell.add(wish.domain, wish.time)) context_->timers->add(wish.domain, wish.time, row);
    } else if (cell.remove(wish.domain, wish.time)) {
      context_->timers->cancel(wish.domain, wish.time);
    }
  }
  wishes_.clear();
  context_->heap_bytes += static_cast<std::int64_t>(cell.heap_bytes() - before);
}

}  // namespace millrace
