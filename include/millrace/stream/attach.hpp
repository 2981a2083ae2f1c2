// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string_view>
#include <utility>

#include "millrace/graph/node.hpp"
#include "millrace/operators/merge.hpp"

namespace millrace::detail {

template <class Make>
std::unique_ptr<Node> make_node(Name name, std::string_view kind, bool repeatable,
                                bool dead_letters, Make make) {
  return std::make_unique<NodeOf<Make>>(std::move(name), kind, repeatable, dead_letters,
                                        std::move(make));
}

/// A merge is made for as many inputs as it got by the end of building.
template <class T>
class MergeNode final : public Node {
 public:
  explicit MergeNode(Name name) : Node(std::move(name), "merge") {}
  std::unique_ptr<Step> make(const StepContext& context) override {
    return std::make_unique<MergeStep<T>>(context, static_cast<unsigned>(inputs().size()));
  }
  bool has_dead_letters() const override { return false; }
};

}  // namespace millrace::detail
