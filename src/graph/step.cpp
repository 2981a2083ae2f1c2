// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/step.hpp"

#include "millrace/graph/node.hpp"
#include "millrace/graph/topology_error.hpp"

namespace millrace {

Step::Step(const StepContext& context)
    : lane_(context.lane), name_(context.name), subtask_(context.subtask) {}
Step::~Step() = default;
Node::~Node() = default;

void Step::save(Barrier&) const {}

Result<void> Step::load(const StateItem&) {
  return Error(Errc::unsupported, "step \"" + name_ +
                                      "\": the snapshot holds state for it, but this step keeps "
                                      "none; give the changed step a new name");
}

TopologyError::TopologyError(const Name& step, const std::string& what)
    : std::logic_error(std::string(step.where.file_name()) + ":" +
                       std::to_string(step.where.line()) + ": step \"" + step.text +
                       "\": " + what) {}

}  // namespace millrace
