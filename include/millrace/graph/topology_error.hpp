// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <stdexcept>
#include <string>

#include "millrace/core/export.hpp"
#include "millrace/core/name.hpp"

namespace millrace {

/// A mistake of shape, thrown while a Topology is built: file and line of the step, what is wrong,
/// what to write instead.
class MILLRACE_EXPORT TopologyError : public std::logic_error {
 public:
  TopologyError(const Name& step, const std::string& what);
};

}  // namespace millrace
