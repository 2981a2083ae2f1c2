// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>
#include <utility>

#include "millrace/graph/node.hpp"
#include "millrace/graph/topology_error.hpp"
#include "millrace/operators/diverted_sink.hpp"
#include "millrace/operators/sink_step.hpp"

namespace millrace::detail {

/// What a sink says of itself, or what its calls say.
template <class S>
Guarantee promise_of(const S& sink) {
  if constexpr (requires {
                  { sink.guarantee() } -> std::same_as<Guarantee>;
                })
    return sink.guarantee();
  else if constexpr (!TwoPhaseSink<S>)
    return Guarantee::at_least_once;
  else if constexpr (requires { sink.two_phase(); })
    return sink.two_phase() ? Guarantee::exactly_once : Guarantee::at_least_once;
  else
    return Guarantee::exactly_once;
}

/// A sink as it was declared.
template <class T, class S>
class SinkNode final : public Node {
 public:
  SinkNode(Name name, S sink)
      : Node(std::move(name), "sink"), promise_(promise_of(sink)), part_(std::move(sink)) {}

  std::unique_ptr<Step> make(const StepContext& context) override {
    return std::make_unique<SinkStep<T, S>>(context, part_.take());
  }
  std::unique_ptr<Step> make_diverted(const StepContext& context,
                                      const std::string& directory) override {
    if constexpr (can_be_diverted<T>)
      return std::make_unique<SinkStep<T, DivertedSink<T>>>(
          context, DivertedSink<T>(diverted_path(directory, context.name, context.subtask)));
    else
      throw TopologyError(name(),
                          "can't be diverted: its values have no bytes to write down; describe "
                          "their type, or give it original_bytes()");
  }
  Guarantee promise() const override { return promise_; }
  bool repeatable() const override { return Part<S>::copies; }
  bool has_dead_letters() const override { return false; }

 private:
  Guarantee promise_;
  Part<S> part_;
};

}  // namespace millrace::detail
