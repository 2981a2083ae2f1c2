// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>

namespace millrace::runtime {

/// The process's stderr, as far as a progress line needs it.
/// It counts as interactive when it is a terminal, TERM is set and not "dumb", and CI is unset;
/// colour is used when it is interactive and NO_COLOR is unset or empty (no-color.org).
class Terminal {
 public:
  Terminal();
  bool interactive() const { return interactive_; }
  /// Replaces the line.
  void redraw(std::string_view text);
  /// Leaves the line as it is and goes on below it.
  void keep();
  /// A plain line.
  void print(std::string_view text);

 private:
  bool interactive_;
  bool colour_;
};

}  // namespace millrace::runtime
