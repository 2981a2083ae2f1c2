// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/graph/node.hpp"

namespace millrace {

/// The steps as they were declared, without their types. Threads: one, until a Pipeline takes it.
class MILLRACE_EXPORT Graph {
 public:
  explicit Graph(std::string name) : name_(std::move(name)) {}
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  const std::string& name() const { return name_; }
  /// Takes a node in. Errors: TopologyError when the name is empty or taken, or an input is behind
  /// the dead letters while another is not.
  Node& add(std::unique_ptr<Node> node);
  /// In the order of declaration, which is an order of the flow.
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }

  /// The node where all dead letters meet; null until dead_letters() was asked for.
  Node* dead_letters() const { return dead_letters_; }
  void set_dead_letters(Node& node) { dead_letters_ = &node; }
  /// Connects every step that can fail with the dead letters. Called once, when building is over.
  void close();
  bool closed() const { return closed_; }

 private:
  std::string name_;
  std::vector<std::unique_ptr<Node>> nodes_;
  Node* dead_letters_ = nullptr;
  bool closed_ = false;
};

}  // namespace millrace
