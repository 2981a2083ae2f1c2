// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

/// The watermark of several inputs that become one: the least of those that are neither idle nor
/// over; when all are idle the greatest, whichever fell idle last; and never back. An input is over
/// when its watermark is end_of_time; the whole is when all are. Threads: one strand.
class MILLRACE_EXPORT InputClocks {
 public:
  /// What to pass on, in this order.
  struct News {
    bool watermark = false;
    bool idle = false;
    bool operator==(const News&) const = default;
  };

  void add();
  std::size_t size() const { return inputs_.size(); }
  /// The watermark of the whole, and of one input.
  Timestamp watermark() const { return watermark_; }
  Timestamp watermark(std::size_t input) const { return inputs_[input].time; }

  /// Records came: the input counts again, from where it was.
  void active(std::size_t input) { inputs_[input].idle = all_idle_ = false; }
  News advance(std::size_t input, Timestamp t);
  News idle(std::size_t input);

 private:
  struct Input {
    Timestamp time = start_of_time;
    bool idle = false;
  };
  News news();

  std::vector<Input> inputs_;
  Timestamp watermark_ = start_of_time;
  bool all_idle_ = false;
};

}  // namespace millrace
