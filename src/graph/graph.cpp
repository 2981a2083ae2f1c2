// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/graph.hpp"

#include "millrace/core/dead_letter.hpp"
#include "millrace/graph/topology_error.hpp"

namespace millrace {

Node& Graph::add(std::unique_ptr<Node> node) {
  const Name& name = node->name();
  if (closed_)
    throw TopologyError(name, "the topology runs already; declare every step before the Pipeline");
  if (name.text.empty())
    throw TopologyError(name, "the name is empty; names key state, metrics and messages");
  for (const auto& other : nodes_) {
    if (other->name().text != name.text) continue;
    throw TopologyError(name, "this name is taken by the step at " +
                                  std::string(other->name().where.file_name()) + ":" +
                                  std::to_string(other->name().where.line()) +
                                  "; names key state and metrics, so they must differ");
  }
  bool first = true;
  for (const NodeInput& input : node->inputs()) {
    if (first) node->after_dead_letters = input.from->after_dead_letters;
    if (node->after_dead_letters != input.from->after_dead_letters)
      throw TopologyError(name,
                          "merges dead letters with a stream that can produce some; that is a "
                          "cycle. Give the dead letters a sink of their own");
    first = false;
  }
  nodes_.push_back(std::move(node));
  return *nodes_.back();
}

void Graph::close() {
  if (closed_) return;
  closed_ = true;
  if (!dead_letters_) return;
  const auto edge = std::make_shared<EdgeOf<DeadLetter>>();
  unsigned port = 0;
  for (const auto& node : nodes_) {
    if (node->after_dead_letters || !node->has_dead_letters() || node->inputs().empty()) continue;
    dead_letters_->inputs().push_back({node.get(), Node::dead_letter_output, port++, edge});
  }
}

}  // namespace millrace
