// SPDX-License-Identifier: BSL-1.0
// What a checkpoint gives back to a job: to the same topology, a changed one, or with another
// parallelism.
#include <algorithm>

#include "millrace/state/hash.hpp"
#include "runtime/job.hpp"

namespace millrace::runtime {
namespace {

std::string what_holds(const Snapshot& snapshot) {
  return "checkpoint " + std::to_string(snapshot.id) + " of pipeline \"" + snapshot.pipeline +
         "\" holds state of step \"";
}
std::string how_to_drop(const std::string& step) {
  return ", or drop that state by PipelineOptions::checkpoints.drop = {\"" + step + "\"}";
}

Error missing_step(const Snapshot& snapshot, const std::string& step) {
  return {Errc::conflict, what_holds(snapshot) + step +
                              "\", which this topology lacks; give the step its old name" +
                              how_to_drop(step)};
}
Error changed_step(const Snapshot& snapshot, const Snapshot::Parallelism& before,
                   std::string_view kind) {
  return {Errc::conflict, what_holds(snapshot) + before.step + "\", which was of kind \"" +
                              before.kind + "\" and is of kind \"" + std::string(kind) +
                              "\" now; give the changed step a new name" +
                              how_to_drop(before.step)};
}
Error uncommittable(const Snapshot& snapshot, const std::string& step) {
  return {Errc::conflict, what_holds(snapshot) + step +
                              "\": what its sink had prepared, and this one is not two-phase; when "
                              "the last run was suspended or finished, all of that is visible "
                              "already; otherwise start once more with the old sink" +
                              how_to_drop(step)};
}
Error unspreadable(const std::string& step, std::uint32_t before, std::uint32_t now) {
  return {Errc::conflict,
          "step \"" + step + "\": its checkpoint was taken with " + std::to_string(before) +
              " subtasks, and the state of a process step without keyed state "
              "can't be spread over " +
              std::to_string(now) + "; give the step .parallelism(" + std::to_string(before) + ")"};
}

Error would_double(const std::string& step, const std::string& damage, CheckpointId older) {
  const std::string number = std::to_string(older);
  return {Errc::corrupted,
          damage + "; step \"" + step +
              "\" is exactly-once, and what it made visible since checkpoint " + number +
              " would come again; bring the file back from a copy, or accept that by " +
              "PipelineOptions::checkpoints.restore_from = " + number};
}

const Snapshot::Parallelism* find_step(const Snapshot& snapshot, const std::string& step) {
  const auto at = std::ranges::find(snapshot.steps, step, &Snapshot::Parallelism::step);
  return at == snapshot.steps.end() ? nullptr : &*at;
}

}  // namespace

const PlannedNode* Job::planned(const std::string& step) const {
  const auto at = std::ranges::find_if(
      plan_.nodes, [&](const PlannedNode& n) { return n.node->name().text == step; });
  return at == plan_.nodes.end() ? nullptr : &*at;
}

bool Job::may_drop(const std::string& step) const {
  return std::ranges::count(options_.checkpoints.drop, step) != 0;
}

/// What a checkpoint that exists does not know begins without state, which a person should hear of.
void Job::warn_of_new_steps(const Snapshot& snapshot) const {
  if (!options_.observer || snapshot.steps.empty()) return;
  for (const PlannedNode& node : plan_.nodes)
    if (const std::string& step = node.node->name().text; !find_step(snapshot, step))
      options_.observer->on_warning("step \"" + step + "\" is not in checkpoint " +
                                    std::to_string(snapshot.id) + " and begins without state");
}

/// A checkpoint that is damaged was decided once, so its sinks may have committed it.
Result<void> Job::refuse_passed_over(const Snapshot& snapshot) const {
  if (!checkpoints_ || checkpoints_->passed_over().empty()) return {};
  for (Step* sink : sink_steps_)
    if (sink->as_sink()->two_phase())
      return would_double(sink->name(), checkpoints_->passed_over(), snapshot.id);
  return {};
}

Result<void> Job::restore(const Snapshot& snapshot) {
  if (auto refused = refuse_passed_over(snapshot); !refused) return refused;
  warn_of_new_steps(snapshot);
  std::vector<std::vector<Committable>> listed(sink_steps_.size());
  for (const Snapshot::Prepared& prepared : snapshot.prepared) {
    const auto at = std::ranges::find_if(
        sink_steps_, [&](const Step* sink) { return sink->name() == prepared.step; });
    if (at == sink_steps_.end()) {
      if (may_drop(prepared.step)) continue;
      return missing_step(snapshot, prepared.step);
    }
    if (options_.divert_directory.empty() && !(*at)->as_sink()->commits()) {
      if (may_drop(prepared.step)) continue;
      return uncommittable(snapshot, prepared.step);
    }
    // Any of its subtasks can commit it; the first one does.
    listed[static_cast<std::size_t>(at - sink_steps_.begin())].push_back(prepared.committable);
  }
  for (std::size_t i = 0; i < sink_steps_.size(); ++i)
    sink_steps_[i]->as_sink()->restore(std::move(listed[i]));
  for (const Snapshot::Item& item : snapshot.items)
    if (auto restored = restore_item(snapshot, item); !restored) return restored;
  if (!snapshot.stored) return {};
  return snapshot.stored->each(
      [&](const Snapshot::Item& item) { return restore_item(snapshot, item); });
}

Result<void> Job::restore_item(const Snapshot& snapshot, const Snapshot::Item& item) {
  const PlannedNode* const node = planned(item.step);
  const Snapshot::Parallelism* const before = find_step(snapshot, item.step);
  if (!before)
    return Error(Errc::corrupted,
                 what_holds(snapshot) + item.step + "\" but not how many subtasks it had");
  if (!node) {
    if (may_drop(item.step)) return {};
    return missing_step(snapshot, item.step);
  }
  const std::string_view kind = node->node->kind();
  if (!before->kind.empty() && before->kind != kind) {
    if (may_drop(item.step)) return {};
    return changed_step(snapshot, *before, kind);
  }
  // What takes a sink's place has no use for its state.
  if (kind == "sink" && !options_.divert_directory.empty()) return {};
  const bool same = before->subtasks == node->parallelism;
  const bool keyed = item.state.group != StateItem::every_subtask;
  if (!same && !keyed && kind == "process")
    return unspreadable(item.step, before->subtasks, node->parallelism);
  for (auto& step : steps_of(node->node)) {
    // Which subtask of a source reads a partition is known only when it looks for them.
    const bool mine = kind == "source" || step->regroups(item.state) ? true
                      : same           ? step->subtask() == item.subtask
                      : kind == "sink" ? step->subtask() == item.subtask % node->parallelism
                      : keyed
                          ? subtask_of_group(item.state.group, node->parallelism) == step->subtask()
                          : true;
    if (!mine) continue;
    if (auto loaded = step->load(item.state); !loaded) {
      if (loaded.error().code() != Errc::unsupported) return named_error(*step, loaded.error());
      if (may_drop(item.step)) return {};
      return named_error(*step,
                         {Errc::unsupported, loaded.error().message() + how_to_drop(item.step)});
    }
  }
  return {};
}

}  // namespace millrace::runtime
