// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "millrace/core/export.hpp"
#include "millrace/graph/graph.hpp"

namespace millrace {

/// One line a step: its name, kind and where its records come from.
MILLRACE_EXPORT std::string describe_text(const Graph& graph);
/// A Mermaid flowchart, for a README or a page.
MILLRACE_EXPORT std::string describe_mermaid(const Graph& graph);
/// {"name":…,"steps":[{"name":…,"kind":…,"inputs":[{"from":…,"output":…}],…}]}
MILLRACE_EXPORT std::string describe_json(const Graph& graph);

}  // namespace millrace
