// SPDX-License-Identifier: BSL-1.0
#include "millrace/stream/topology.hpp"

namespace millrace {

Stream<DeadLetter> Topology::dead_letters() {
  if (!graph_->dead_letters()) {
    Node& node = graph_->add(std::make_unique<detail::MergeNode<DeadLetter>>(Name("dead-letters")));
    node.after_dead_letters = true;
    graph_->set_dead_letters(node);
  }
  return {*graph_, *graph_->dead_letters()};
}

}  // namespace millrace
