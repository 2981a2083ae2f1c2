// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <source_location>
#include <string>
#include <utility>

namespace millrace {

/// A step's stable, unique name: it keys state, metrics, dead letters and messages. Converts from a
/// string, so that the line that declared the step is recorded without a macro.
struct Name {
  std::string text;
  std::source_location where;
  Name(const char* name, std::source_location at = std::source_location::current())
      : text(name), where(at) {}
  Name(std::string name, std::source_location at = std::source_location::current())
      : text(std::move(name)), where(at) {}
};

}  // namespace millrace
