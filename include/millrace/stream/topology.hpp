// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "millrace/core/dead_letter.hpp"
#include "millrace/graph/describe_graph.hpp"
#include "millrace/graph/graph.hpp"
#include "millrace/operators/source_step.hpp"
#include "millrace/stream/stream.hpp"

namespace millrace {

/// The description of a pipeline: sources, the streams that come out of them, sinks. Build it once
/// and hand it to a Pipeline. Threads: one. Lifetime: streams refer to it, also after a move.
class Topology {
 public:
  explicit Topology(std::string name) : graph_(std::make_unique<Graph>(std::move(name))) {}

  /// Where records come from; see Source for what `source` needs.
  /// Errors: TopologyError for a name that is empty or taken, and for batches of 0 records.
  template <class S>
  auto source(Name name, S source, SourceOptions options = {}) {
    if constexpr (!Source<S>) {
      static_assert(
          detail::always_false<S>,
          "millrace: source(name, s): s needs 'using value_type = T;', 'Task<ReadStatus> "
          "read(Batch<T>&, Context&)', 'Position position() const' and 'void resume(const "
          "Position&)', or discover() and open() for many partitions");
      return detail::Broken{};
    } else if constexpr (PartitionedSource<S>) {
      return add_source(std::move(name), std::move(source), options);
    } else {
      return add_source(std::move(name), detail::SinglePartition<S>{std::move(source)}, options);
    }
  }

  /// Every record that a step could not process. May be asked for at any time; steps declared later
  /// are part of it. Steps behind it fail instead of making dead letters.
  MILLRACE_EXPORT Stream<DeadLetter> dead_letters();

  const std::string& name() const { return graph_->name(); }
  /// What was built, as text, as a Mermaid flowchart and as JSON.
  std::string text() const { return describe_text(*graph_); }
  std::string mermaid() const { return describe_mermaid(*graph_); }
  std::string json() const { return describe_json(*graph_); }

  Graph& graph() { return *graph_; }
  std::unique_ptr<Graph> release() && { return std::move(graph_); }

 private:
  template <class S>
  auto add_source(Name name, S source, SourceOptions options) {
    if (options.batch_records == 0)
      throw TopologyError(name, "SourceOptions::batch_records must be at least 1, got 0");
    auto part = Part(std::move(source));
    auto node = detail::make_node(
        std::move(name), "source", Part<S>::copies, false,
        [part = std::move(part), options, ended = std::shared_ptr<detail::EndedPartitions>()](
            const StepContext& context) mutable -> std::unique_ptr<Step> {
          // A new run begins with subtask 0 and knows of no ended partition.
          if (context.subtask == 0) ended = std::make_shared<detail::EndedPartitions>();
          return std::make_unique<detail::SourceStep<S>>(context, part.take(), options, ended);
        });
    return Stream<typename S::value_type>(*graph_, graph_->add(std::move(node)));
  }

  std::unique_ptr<Graph> graph_;
};

}  // namespace millrace
