// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/lane.hpp"

#include <iterator>

namespace millrace {

Lane::Lane(Env& env, std::shared_ptr<Strand> strand, FlowBudget& flow, StateBudget& state)
    : env_(env), strand_(std::move(strand)), flow_(flow), state_(state), room_(*strand_) {
  flow_.watch(room_.signal());
}

bool Lane::resume_emissions() {
  while (!held_.empty() && has_room()) {
    const Held farthest = held_.back();
    held_.pop_back();
    if (!farthest.emission->resume()) hold_back(farthest);
  }
  return held_.empty();
}

void Lane::hold_back(Held held) {
  auto at = held_.end();
  while (at != held_.begin() && std::prev(at)->rank > held.rank) --at;
  held_.insert(at, held);
}

void Lane::abort() {
  abort_.request();
  stop_.request();
  room_.notify();
  for (Signal* signal : woken_by_abort_) signal->notify();
}

void Lane::wake_on_abort(Signal& signal) { woken_by_abort_.push_back(&signal); }

void Lane::add_gatherer(Gatherer& gatherer) { gatherers_.push_back(&gatherer); }

void Lane::add_ticker(Ticker& ticker) { tickers_.push_back(&ticker); }

}  // namespace millrace
