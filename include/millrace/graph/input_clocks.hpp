// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "millrace/core/time.hpp"

namespace millrace {

/// The watermark of several inputs that become one: the least of those that are neither idle nor
/// over, and never back. An input is over when its watermark is end_of_time; the whole is when all
/// are. Threads: one strand.
class InputClocks {
 public:
  enum class News : unsigned char { none, watermark, idle };

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
    bool some_idle = false;
    for (const Input& input : inputs_) {
      if (input.time == end_of_time) continue;
      if (input.idle)
        some_idle = true;
      else
        least = std::min(least, input.time);
    }
    // What is over must not decide alone: the idle ones may still have records.
    if (least == end_of_time && some_idle)
      return std::exchange(all_idle_, true) ? News::none : News::idle;
    if (least <= watermark_) return News::none;
    watermark_ = least;
    return News::watermark;
  }

  std::vector<Input> inputs_;
  Timestamp watermark_ = start_of_time;
  bool all_idle_ = false;
};

}  // namespace millrace
