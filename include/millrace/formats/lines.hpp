// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/formats/split.hpp"

namespace millrace::lines {

/// Finds the lines of a byte stream; see Splitter.
class LineSplitter : public Splitter {
 public:
  explicit LineSplitter(SplitOptions options = {}) : Splitter(Quotes::none, options) {}
};

}  // namespace millrace::lines
