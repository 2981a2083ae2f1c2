// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>

#include "millrace/core/time.hpp"

namespace millrace {

/// Named places where a simulation may make things go wrong or take long. The real Env's answers
/// are always "no" and "at once". Threads: any.
class Faults {
 public:
  virtual ~Faults() = default;
  /// Shall the rare path named `site` be taken now?
  virtual bool fires(std::string_view site) = 0;
  /// How long the step named `site` shall take; zero for none.
  virtual Duration delay(std::string_view site) = 0;
  /// Counts that `site` was reached, so that a suite can prove that it exercised it.
  virtual void reached(std::string_view site) = 0;
};

}  // namespace millrace
