// SPDX-License-Identifier: BSL-1.0
#include "runtime/guarantees.hpp"

#include <algorithm>
#include <set>

namespace millrace {

std::string_view to_string(Guarantee guarantee) {
  switch (guarantee) {
    case Guarantee::none:
      return "none";
    case Guarantee::at_least_once:
      return "at-least-once";
    case Guarantee::effectively_once:
      return "effectively-once";
    case Guarantee::exactly_once:
      return "exactly-once";
  }
  return "unknown";
}

std::string to_text(const std::vector<PathGuarantee>& guarantees) {
  std::string text;
  for (const PathGuarantee& path : guarantees) {
    text += path.source + " -> " + path.sink + ": " + std::string(to_string(path.guarantee)) +
            "; " + path.reason;
    if (!path.remedy.empty()) text += "; to raise it: " + path.remedy;
    text += '\n';
  }
  return text;
}

namespace runtime {
namespace {

/// The sources that a node's records come from.
void collect_sources(const Node& node, std::set<const Node*>& seen,
                     std::set<const Node*>& sources) {
  if (!seen.insert(&node).second) return;
  if (node.kind() == "source") sources.insert(&node);
  for (const NodeInput& input : node.inputs()) collect_sources(*input.from, seen, sources);
}

void explain(PathGuarantee& path, Guarantee promise, const PipelineOptions& options) {
  const bool kept = !options.state_directory.empty() || options.checkpoint_store;
  if (!kept) {
    path.guarantee = Guarantee::none;
    path.reason =
        "checkpoints are in memory only, so a start begins where the source's options say";
    path.remedy = "set PipelineOptions::state_directory";
    return;
  }
  path.guarantee = promise;
  const bool rarely = options.checkpoints.interval <= Duration::zero();
  const std::string since = rarely ? "since the last suspension" : "since the last checkpoint";
  switch (promise) {
    case Guarantee::none:
      path.reason = "the sink promises nothing";
      return;
    case Guarantee::at_least_once:
      path.reason = "the sink shows records at once, and those " + since + " come again";
      path.remedy = "a two-phase sink, or one with deterministic ids";
      return;
    case Guarantee::effectively_once:
      path.reason = "records " + since + " come again and replace themselves by their ids";
      path.remedy = "a two-phase sink, if nobody may see one replaced";
      return;
    case Guarantee::exactly_once:
      path.reason = "the sink shows records when their checkpoint is decided";
      if (rarely)
        path.remedy = "nothing; a checkpoints.interval would show them before the pipeline ends";
      return;
  }
}

}  // namespace

std::vector<PathGuarantee> guarantees_of(const Graph& graph, const PipelineOptions& options) {
  std::vector<PathGuarantee> paths;
  for (const auto& source : graph.nodes()) {
    if (source->kind() != "source") continue;
    for (const auto& sink : graph.nodes()) {
      if (sink->kind() != "sink") continue;
      std::set<const Node*> seen, sources;
      collect_sources(*sink, seen, sources);
      if (!sources.contains(source.get())) continue;
      PathGuarantee path{.source = source->name().text, .sink = sink->name().text};
      explain(path, sink->promise(), options);
      paths.push_back(std::move(path));
    }
  }
  return paths;
}

}  // namespace runtime
}  // namespace millrace
