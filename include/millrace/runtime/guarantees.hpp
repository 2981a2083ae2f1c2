// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/guarantee.hpp"

namespace millrace {

MILLRACE_EXPORT std::string_view to_string(Guarantee guarantee);

/// What holds for the records that go from a source to a sink.
struct PathGuarantee {
  std::string source;
  std::string sink;
  Guarantee guarantee = Guarantee::none;
  std::string reason = {};  ///< why no more
  std::string remedy = {};  ///< what would raise it; empty when nothing would

  bool operator==(const PathGuarantee&) const = default;
};

/// A line a path, for people.
MILLRACE_EXPORT std::string to_text(const std::vector<PathGuarantee>& guarantees);

}  // namespace millrace
