// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/guarantee.hpp"
#include "millrace/core/name.hpp"
#include "millrace/graph/edge.hpp"
#include "millrace/graph/step.hpp"

namespace millrace {

class Node;

/// One input of a node: where the records come from and how they travel.
struct NodeInput {
  Node* from = nullptr;
  unsigned output = 0;
  unsigned port = 0;
  std::shared_ptr<const Edge> edge;
};

/// A step as it was declared: a factory, called once for each subtask.
class MILLRACE_EXPORT Node {
 public:
  /// Output number of a step's dead letters.
  static constexpr unsigned dead_letter_output = 1;

  Node(Name name, std::string_view kind) : name_(std::move(name)), kind_(kind) {}
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const Name& name() const { return name_; }
  std::string_view kind() const { return kind_; }
  std::vector<NodeInput>& inputs() { return inputs_; }
  const std::vector<NodeInput>& inputs() const { return inputs_; }

  virtual std::unique_ptr<Step> make(const StepContext& context) = 0;
  /// The same for a run whose sinks write to files of a directory instead. Errors: TopologyError
  /// when the sink's values can't be written down.
  virtual std::unique_ptr<Step> make_diverted(const StepContext& context,
                                              const std::string& directory);
  /// What a sink promises of each record after a restart; no other node promises anything.
  virtual Guarantee promise() const { return Guarantee::none; }
  /// False when the step's callable can't be copied: one subtask, and no restart.
  virtual bool repeatable() const { return true; }
  virtual bool has_dead_letters() const { return true; }

  /// Subtasks wanted; nothing takes what the first input has.
  std::optional<unsigned> parallelism;
  /// Its records carry event time.
  bool timed = false;
  /// Lies behind dead_letters(), so its own errors fail the pipeline.
  bool after_dead_letters = false;

 private:
  Name name_;
  std::string_view kind_;
  std::vector<NodeInput> inputs_;
};

/// A part of a node that each subtask gets a copy of; one that can't be copied is given once.
template <class F>
class Part {
 public:
  static constexpr bool copies = std::is_copy_constructible_v<F>;
  explicit Part(F f) : f_(std::move(f)) {}
  F take() {
    if constexpr (copies)
      return f_;
    else
      return std::move(f_);
  }

 private:
  F f_;
};

/// A node made from a callable that makes its step.
template <class Make>
class NodeOf final : public Node {
 public:
  NodeOf(Name name, std::string_view kind, bool repeatable, bool dead_letters, Make make)
      : Node(std::move(name), kind),
        make_(std::move(make)),
        repeatable_(repeatable),
        dead_letters_(dead_letters) {}
  std::unique_ptr<Step> make(const StepContext& context) override { return make_(context); }
  bool repeatable() const override { return repeatable_; }
  bool has_dead_letters() const override { return dead_letters_; }

 private:
  Make make_;
  bool repeatable_;
  bool dead_letters_;
};

}  // namespace millrace
