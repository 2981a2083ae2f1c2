// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "millrace/core/time.hpp"

namespace millrace {

/// The watermark of several inputs that become one: the least of those that are neither idle nor
/// over; when all are idle the greatest, whichever fell idle last; and never back. An input is over
/// when its watermark is end_of_time; the whole is when all are. Threads: one strand.
class InputClocks {
 public:
  /// What to pass on, in this order.
  struct News {
    bool watermark = false;
    bool idle = false;
    bool operator==(const News&) const = default;
  };

  void add() { inputs_.emplace_back(); }
  std::size_t size() const { return inputs_.size(); }
  /// The watermark of the whole, and of one input.
  Timestamp watermark() const { return watermark_; }
  Timestamp watermark(std::size_t input) const { return inputs_[input].time; }

  /// Records came: the input counts again, from where it was.
  void active(std::size_t input) { inputs_[input].idle = all_idle_ = false; }
  News advance(std::size_t input, Timestamp t) {
    if (t != end_of_time) active(input);
    inputs_[input].time = std::max(inputs_[input].time, t);
    return news();
  }
  News idle(std::size_t input) {
    inputs_[input].idle = true;
    return news();
  }

 private:
  struct Input {
    Timestamp time = start_of_time;
    bool idle = false;
  };
  News news() {
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

  std::vector<Input> inputs_;
  Timestamp watermark_ = start_of_time;
  bool all_idle_ = false;
};

}  // namespace millrace
