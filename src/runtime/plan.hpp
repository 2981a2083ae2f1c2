// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <vector>

#include "millrace/graph/graph.hpp"

namespace millrace::runtime {

/// A node with everything that is decided before it runs.
struct PlannedNode {
  Node* node = nullptr;
  unsigned parallelism = 1;
  /// Nodes of one region share their lanes: subtask i of each is on lane i.
  std::size_t region = 0;
  /// It starts its region behind an inbox; otherwise it is called directly.
  bool has_inbox = false;
};

/// Where each step runs. A step goes on its input's lanes when it has all of its records from one
/// region, with the same parallelism and not regrouped by key; otherwise it starts a region of its
/// own. Regions so follow one another without a cycle, and nothing waits for itself.
struct Plan {
  std::vector<PlannedNode> nodes;  // each after its inputs
  std::vector<unsigned> region_parallelism;

  const PlannedNode& find(const Node* node) const;
};

/// Errors: TopologyError when there is no source, or a step that can't be copied has several
/// subtasks.
Plan make_plan(const Graph& graph, unsigned default_parallelism);

}  // namespace millrace::runtime
