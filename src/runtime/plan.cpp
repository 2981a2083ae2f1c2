// SPDX-License-Identifier: BSL-1.0
#include "runtime/plan.hpp"

#include <algorithm>
#include <set>

#include "millrace/graph/topology_error.hpp"

namespace millrace::runtime {
namespace {

/// The dead letters are declared early and have late inputs, so declaration order will not do.
std::vector<Node*> inputs_first(const Graph& graph) {
  std::vector<Node*> order;
  std::set<const Node*> done;
  while (order.size() < graph.nodes().size()) {
    for (const auto& node : graph.nodes()) {
      if (done.contains(node.get())) continue;
      const bool ready = std::ranges::all_of(
          node->inputs(), [&](const NodeInput& input) { return done.contains(input.from); });
      if (!ready) continue;
      order.push_back(node.get());
      done.insert(node.get());
    }
  }
  return order;
}

unsigned parallelism_of(const Plan& plan, const Node& node, unsigned default_parallelism) {
  if (node.parallelism) return *node.parallelism;
  if (node.inputs().empty())
    return node.kind() == "source" && node.repeatable() ? default_parallelism : 1;
  if (node.after_dead_letters || !node.repeatable()) return 1;
  return plan.find(node.inputs().front().from).parallelism;
}

}  // namespace

const PlannedNode& Plan::find(const Node* node) const {
  return *std::ranges::find_if(nodes, [&](const PlannedNode& n) { return n.node == node; });
}

Plan make_plan(const Graph& graph, unsigned default_parallelism) {
  Plan plan;
  if (default_parallelism == 0)
    throw TopologyError(Name(graph.name()),
                        "PipelineOptions::parallelism must be at least 1, got 0");
  if (std::ranges::none_of(graph.nodes(), [](const auto& n) { return n->kind() == "source"; }))
    throw TopologyError(Name(graph.name()),
                        "the topology has no source; begin with topology.source(name, source)");
  for (Node* node : inputs_first(graph)) {
    PlannedNode planned{.node = node,
                        .parallelism = parallelism_of(plan, *node, default_parallelism)};
    if (planned.parallelism > 1 && !node->repeatable())
      throw TopologyError(node->name(),
                          "has " + std::to_string(planned.parallelism) +
                              " subtasks, but its function can't be copied; make it copyable or "
                              "give the step .parallelism(1)");
    std::set<std::size_t> upstream;
    bool direct = !node->inputs().empty();
    for (const NodeInput& input : node->inputs()) {
      const PlannedNode& from = plan.find(input.from);
      upstream.insert(from.region);
      direct = direct && from.parallelism == planned.parallelism &&
               !(input.edge->keyed() && planned.parallelism > 1);
    }
    if (direct && upstream.size() == 1) {
      planned.region = *upstream.begin();
    } else {
      planned.region = plan.region_parallelism.size();
      planned.has_inbox = !node->inputs().empty();
      plan.region_parallelism.push_back(planned.parallelism);
    }
    plan.nodes.push_back(planned);
  }
  return plan;
}

}  // namespace millrace::runtime
