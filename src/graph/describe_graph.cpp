// SPDX-License-Identifier: BSL-1.0
#include "millrace/graph/describe_graph.hpp"

#include <algorithm>

namespace millrace {
namespace {

std::string escaped(const std::string& text, const char* special) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      constexpr char hex[] = "0123456789abcdef";
      out += {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    } else {
      if (std::string_view(special).find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string output_name(const NodeInput& input) {
  if (input.output == 0) return "";
  if (input.output == Node::dead_letter_output) return "dead letters";
  if (input.from->kind() == "window_join") return input.output == 2 ? "late left" : "late right";
  return input.from->kind() == "window" ? "late" : "rest";
}

std::size_t index_of(const Graph& graph, const Node* node) {
  const auto& nodes = graph.nodes();
  const auto at = std::ranges::find_if(nodes, [&](const auto& n) { return n.get() == node; });
  return static_cast<std::size_t>(at - nodes.begin());
}

// A label's quotes would end it, and Mermaid has no escape for them but the HTML one.
std::string mermaid_label(const std::string& text) {
  std::string out;
  for (const char c : text) c == '"' ? out += "#quot;" : out += c;
  return out;
}

}  // namespace

std::string describe_text(const Graph& graph) {
  std::string out = graph.name() + "\n";
  for (const auto& node : graph.nodes()) {
    out += "  " + node->name().text + " (" + std::string(node->kind()) + ")";
    const char* separator = " <- ";
    for (const NodeInput& input : node->inputs()) {
      out += separator + input.from->name().text;
      if (const std::string side = output_name(input); !side.empty()) out += " [" + side + "]";
      if (input.edge->keyed()) out += " [by key]";
      separator = ", ";
    }
    if (node->parallelism) out += " x" + std::to_string(*node->parallelism);
    out += "\n";
  }
  return out;
}

std::string describe_mermaid(const Graph& graph) {
  std::string out = "flowchart LR\n";
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = *graph.nodes()[i];
    const bool source = node.kind() == "source", sink = node.kind() == "sink";
    const std::string label =
        "\"" + mermaid_label(node.name().text) + "<br/>" + std::string(node.kind()) + "\"";
    out += "  s" + std::to_string(i) +
           (source ? "(["
            : sink ? "[("
                   : "[") +
           label +
           (source ? "])"
            : sink ? ")]"
                   : "]") +
           "\n";
  }
  for (std::size_t i = 0; i < graph.nodes().size(); ++i)
    for (const NodeInput& input : graph.nodes()[i]->inputs()) {
      const std::string side = input.edge->keyed() ? "by key" : output_name(input);
      out += "  s" + std::to_string(index_of(graph, input.from)) +
             (input.output == Node::dead_letter_output ? " -.->" : " -->") +
             (side.empty() ? " " : "|" + side + "| ") + "s" + std::to_string(i) + "\n";
    }
  return out;
}

std::string describe_json(const Graph& graph) {
  const auto quoted = [](const std::string& s) { return "\"" + escaped(s, "\"\\") + "\""; };
  std::string out = "{\"name\":" + quoted(graph.name()) + ",\"steps\":[";
  const char* comma = "";
  for (const auto& node : graph.nodes()) {
    out += comma;
    out += "{\"name\":" + quoted(node->name().text) +
           ",\"kind\":" + quoted(std::string(node->kind())) +
           ",\"timed\":" + (node->timed ? "true" : "false") + ",\"declared\":" +
           quoted(std::string(node->name().where.file_name()) + ":" +
                  std::to_string(node->name().where.line()));
    if (node->parallelism) out += ",\"parallelism\":" + std::to_string(*node->parallelism);
    out += ",\"inputs\":[";
    const char* inner = "";
    for (const NodeInput& input : node->inputs()) {
      out += inner;
      out += "{\"from\":" + quoted(input.from->name().text) +
             ",\"output\":" + quoted(output_name(input)) +
             ",\"keyed\":" + (input.edge->keyed() ? "true" : "false") + "}";
      inner = ",";
    }
    out += "]}";
    comma = ",";
  }
  return out + "]}";
}

}  // namespace millrace
