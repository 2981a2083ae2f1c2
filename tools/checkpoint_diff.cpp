// SPDX-License-Identifier: BSL-1.0
// What changed from one checkpoint to another.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "checkpoint_commands.hpp"
#include "millrace/runtime/checkpoint_inspect.hpp"
#include "table.hpp"

namespace millrace::tool {
namespace {

struct MovedPosition {
  std::string step;
  std::string partition;
  std::optional<std::string> before;
  std::optional<std::string> after;
};
constexpr auto describe(type<MovedPosition>) {
  return fields("step", &MovedPosition::step, "partition", &MovedPosition::partition, "before",
                &MovedPosition::before, "after", &MovedPosition::after);
}

/// A step in both or in one of them.
struct ChangedStep {
  std::string name;
  std::string change;  // added, dropped, changed, equal
  std::string how;
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
  std::uint64_t groups = 0;
  std::vector<std::uint32_t> groups_that_differ = {};
  bool shared_state_differs = false;
};
constexpr auto describe(type<ChangedStep>) {
  return fields("name", &ChangedStep::name, "change", &ChangedStep::change, "how",
                &ChangedStep::how, "bytes_before", &ChangedStep::bytes_before, "bytes_after",
                &ChangedStep::bytes_after, "groups", &ChangedStep::groups, "groups_that_differ",
                &ChangedStep::groups_that_differ, "shared_state_differs",
                &ChangedStep::shared_state_differs);
}

struct Difference {
  CheckpointId before = 0;
  CheckpointId after = 0;
  std::vector<MovedPosition> positions = {};
  std::vector<ChangedStep> steps = {};
};
constexpr auto describe(type<Difference>) {
  return fields("before", &Difference::before, "after", &Difference::after, "positions",
                &Difference::positions, "steps", &Difference::steps);
}

using PlacesOf = std::map<std::pair<std::string, std::string>, std::string>;

PlacesOf places(const CheckpointDetails& details) {
  PlacesOf all;
  for (const CheckpointPosition& p : details.positions)
    all[{p.step, p.partition}] = p.position.token + (p.ended ? " (its end)" : "");
  return all;
}

std::vector<MovedPosition> moved(const CheckpointDetails& a, const CheckpointDetails& b) {
  const PlacesOf before = places(a);
  const PlacesOf after = places(b);
  PlacesOf all = before;
  all.insert(after.begin(), after.end());
  std::vector<MovedPosition> out;
  const auto find = [](const PlacesOf& in, const auto& key) -> std::optional<std::string> {
    const auto at = in.find(key);
    return at == in.end() ? std::nullopt : std::optional(at->second);
  };
  for (const auto& [key, place] : all) {
    MovedPosition m{key.first, key.second, find(before, key), find(after, key)};
    if (m.before != m.after) out.push_back(std::move(m));
  }
  return out;
}

// Which subtask has a group does not matter: that is the parallelism's business.
using Group = std::optional<std::uint32_t>;
std::map<Group, std::multiset<std::uint64_t>> contents(const CheckpointDetails& details,
                                                       const std::string& step) {
  std::map<Group, std::multiset<std::uint64_t>> groups;
  for (const CheckpointItem& item : details.items)
    if (item.step == step) groups[item.group].insert(item.sum);
  return groups;
}

void compare_state(const CheckpointDetails& a, const CheckpointDetails& b, ChangedStep& step) {
  const auto before = contents(a, step.name);
  const auto after = contents(b, step.name);
  std::set<Group> all;
  for (const auto* side : {&before, &after})
    for (const auto& [group, sums] : *side) all.insert(group);
  for (const Group& group : all) {
    const auto x = before.find(group);
    const auto y = after.find(group);
    const bool differs = x == before.end() || y == after.end() || x->second != y->second;
    step.groups += group.has_value();
    if (!differs) continue;
    if (group)
      step.groups_that_differ.push_back(*group);
    else
      step.shared_state_differs = true;
  }
}

std::string changes(const CheckpointStep& a, const CheckpointStep& b) {
  std::string how;
  const auto say = [&](std::string_view what, const std::string& from, const std::string& to) {
    if (from == to) return;
    if (!how.empty()) how += ", ";
    how += std::string(what) + " " + (from.empty() ? "-" : from) + " -> " + (to.empty() ? "-" : to);
  };
  say("kind", a.kind, b.kind);
  say("subtasks", std::to_string(a.subtasks), std::to_string(b.subtasks));
  say("type", a.schema, b.schema);
  return how;
}

const CheckpointStep* find(const CheckpointDetails& in, const std::string& name) {
  const auto at = std::ranges::find(in.steps, name, &CheckpointStep::name);
  return at == in.steps.end() ? nullptr : &*at;
}

/// The steps of both, those of the second that the first lacks at the end.
std::vector<ChangedStep> compare_steps(const CheckpointDetails& a, const CheckpointDetails& b) {
  std::vector<ChangedStep> out;
  const auto add = [&](const CheckpointStep* x, const CheckpointStep* y) {
    ChangedStep step{.name = x ? x->name : y->name, .change = "equal", .how = ""};
    if (x) step.bytes_before = x->bytes;
    if (y) step.bytes_after = y->bytes;
    compare_state(a, b, step);
    if (x && y) step.how = changes(*x, *y);
    if (!y)
      step.change = "dropped";
    else if (!x)
      step.change = "added";
    else if (!step.how.empty() || step.shared_state_differs || !step.groups_that_differ.empty())
      step.change = "changed";
    out.push_back(std::move(step));
  };
  for (const CheckpointStep& step : a.steps) add(&step, find(b, step.name));
  for (const CheckpointStep& step : b.steps)
    if (!find(a, step.name)) add(nullptr, &step);
  return out;
}

std::string list_of(const std::vector<std::uint32_t>& groups) {
  constexpr std::size_t most = 16;
  std::string text;
  for (std::size_t i = 0; i < std::min(groups.size(), most); ++i)
    text += " " + std::to_string(groups[i]);
  return groups.size() > most ? text + " ..." : text;
}

std::string state_of(const ChangedStep& step) {
  if (step.change == "added" || step.change == "dropped") return "";
  if (step.groups_that_differ.empty()) return step.shared_state_differs ? "its state differs" : "";
  return std::string(step.shared_state_differs ? "its state and " : "") +
         std::to_string(step.groups_that_differ.size()) + " of " + count_of(step.groups, "group") +
         " differ:" + list_of(step.groups_that_differ);
}

void print_difference(const Difference& difference) {
  Table positions({"source", "partition", "position", "", "moved to"});
  for (const MovedPosition& m : difference.positions)
    positions.add({visible(m.step), visible(m.partition), visible(m.before.value_or("-")), "->",
                   visible(m.after.value_or("-"))});
  positions.print();
  if (!difference.positions.empty()) print_line("");
  Table steps({"step", "", "bytes", "then", "what"});
  for (const ChangedStep& step : difference.steps) {
    const std::string state = state_of(step);
    steps.add({visible(step.name), step.change, std::to_string(step.bytes_before),
               std::to_string(step.bytes_after),
               visible(step.how) + (step.how.empty() || state.empty() ? "" : "; ") + state});
  }
  steps.print();
}

}  // namespace

void diff_checkpoints(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  DirectoryCheckpointStore first = open_checkpoints(env, words[0]);
  DirectoryCheckpointStore second = open_checkpoints(env, arguments.value_or("--with", words[0]));
  const CheckpointDetails a = describe_checkpoint(first, to_number(words[1], "A")).value();
  const CheckpointDetails b = describe_checkpoint(second, to_number(words[2], "B")).value();
  const Difference difference{a.summary.id, b.summary.id, moved(a, b), compare_steps(a, b)};
  if (arguments.has("--json")) return print_json(difference);
  print_difference(difference);
}

}  // namespace millrace::tool
