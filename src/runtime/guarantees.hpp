// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <vector>

#include "millrace/graph/graph.hpp"
#include "millrace/runtime/guarantees.hpp"
#include "millrace/runtime/options.hpp"

namespace millrace::runtime {

/// Each way from a source to a sink once, in the order of declaration.
std::vector<PathGuarantee> guarantees_of(const Graph& graph, const PipelineOptions& options);

}  // namespace millrace::runtime
