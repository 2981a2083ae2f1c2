// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/input_clocks.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

void InputClocks::add() { inputs_.emplace_back(); }

InputClocks::News InputClocks::advance(std::size_t input, Timestamp t) {
  if (t != end_of_time) active(input);
  inputs_[input].time = std::max(inputs_[input].time, t);
  return news();
}

InputClocks::News InputClocks::idle(std::size_t input) {
  inputs_[input].idle = true;
  return news();
}

InputClocks::News InputClocks::news() {
  Timestamp least = end_of_time;
  Timestamp greatest = start_of_time;  // of the idle ones
  bool some_idle = false;
  for (const Input& input : inputs_) {
    if (input.time == end_of_time) continue;
    if (input.idle) {
      some_idle = true;
      greatest = std::max(greatest, input.time);
    } else {
      least = std::min(least, input.time);
    }
  }
  News news;
  // What is over must not decide alone: the idle ones may still have records.
  if (least == end_of_time && some_idle) {
    least = greatest;
    news.idle = !std::exchange(all_idle_, true);
  }
  news.watermark = least > watermark_;
  if (news.watermark) watermark_ = least;
  return news;
}

}  // namespace millrace
