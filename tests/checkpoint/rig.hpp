// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "millrace/runtime/directory_checkpoint_store.hpp"
#include "millrace/sim/env.hpp"
#include "runtime/checkpoints.hpp"

/// Checkpoints of a made-up pipeline, for tests of how they are kept.
namespace rig {

using namespace millrace;
using namespace millrace::literals;
using runtime::Checkpoints;
using runtime::CheckpointStats;
using runtime::Snapshot;

inline bool same(const Snapshot& a, const Snapshot& b) {
  const auto item = [](const Snapshot::Item& x, const Snapshot::Item& y) {
    return x.step == y.step && x.subtask == y.subtask && x.state == y.state;
  };
  const auto prepared = [](const Snapshot::Prepared& x, const Snapshot::Prepared& y) {
    return x.step == y.step && x.subtask == y.subtask && x.committable == y.committable;
  };
  const auto step = [](const Snapshot::Parallelism& x, const Snapshot::Parallelism& y) {
    return x.step == y.step && x.subtasks == y.subtasks && x.kind == y.kind && x.schema == y.schema;
  };
  return a.id == b.id && a.pipeline == b.pipeline && std::ranges::equal(a.items, b.items, item) &&
         std::ranges::equal(a.prepared, b.prepared, prepared) &&
         std::ranges::equal(a.steps, b.steps, step);
}

/// The state of one key group: bytes that `version` decides.
inline std::string state(std::uint32_t group, std::uint64_t version, std::size_t size) {
  std::string bytes = std::to_string(group) + "@" + std::to_string(version) + ":";
  for (SeededRng rng(version * 1000 + group); bytes.size() < size;)
    bytes += static_cast<char>(rng.next());
  bytes.resize(size);
  return bytes;
}

/// A checkpoint with a source's position, `groups` groups of a keyed step and a committable.
/// `version_of(group)` says how old the group's state is.
template <class F>
Snapshot snapshot(CheckpointId id, std::uint32_t groups, F version_of, std::size_t size = 2000) {
  Snapshot s{.id = id, .pipeline = "job"};
  s.steps = {{"in", 1, "source", ""}, {"sums", 2, "window", "{i32,i64}"}, {"out", 1, "sink", ""}};
  s.items.push_back({"in", 0, {StateItem::every_subtask, "1:ao" + std::to_string(id)}});
  for (std::uint32_t g = 0; g < groups; ++g)
    s.items.push_back({"sums", g % 2, {g, state(g, version_of(g), size)}});
  s.prepared.push_back({"out", 0, {"part-" + std::to_string(id)}});
  return s;
}
/// All groups change with each checkpoint.
inline Snapshot snapshot(CheckpointId id, std::uint32_t groups = 3) {
  return snapshot(id, groups, [&](std::uint32_t) { return id; });
}

/// A process with the pipeline's checkpoints open.
struct Process {
  explicit Process(sim::Env& env, std::string pipeline = "job")
      : store(env.env().fs, "state"), checkpoints(store, env.env().clock, std::move(pipeline)) {}
  std::optional<Snapshot> newest() {
    auto found = checkpoints.newest(warnings);
    if (!found) FAIL(found.error().message());
    return std::move(*found);
  }
  /// The number of the newest, or 0.
  CheckpointId newest_id() {
    const auto found = newest();
    return found ? found->id : 0;
  }
  std::string error_of_newest() {
    auto found = checkpoints.newest(warnings);
    return found ? "none" : found.error().message();
  }
  DirectoryCheckpointStore store;
  Checkpoints checkpoints;
  std::vector<std::string> warnings;
};

inline std::string error_text(const auto& result) {
  return result ? std::string("none") : result.error().message();
}

}  // namespace rig
