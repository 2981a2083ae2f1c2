// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/checkpoint_inspect.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "millrace/operators/partition_state.hpp"
#include "runtime/checkpoint_files.hpp"

namespace millrace {
namespace {

using runtime::CheckpointListing;
using runtime::Manifest;

CheckpointState state_of(Manifest::Kind kind) {
  switch (kind) {
    case Manifest::Kind::checkpoint:
      return CheckpointState::complete;
    case Manifest::Kind::start:
      return CheckpointState::start;
    case Manifest::Kind::skipped:
      return CheckpointState::skipped;
  }
  return CheckpointState::damaged;
}

CheckpointSummary summarize(const Manifest& manifest) {
  CheckpointSummary s{.id = manifest.id,
                      .state = state_of(manifest.kind),
                      .pipeline = manifest.pipeline,
                      .epoch = manifest.epoch,
                      .steps = manifest.steps.size()};
  if (manifest.written != 0) s.written = Timestamp(Duration(manifest.written));
  s.bytes_written = runtime::to_bytes(manifest).size();
  for (const auto& file : manifest.files)
    if (file.checkpoint == manifest.id) s.bytes_written += file.size;
  for (const auto& item : manifest.items) {
    s.bytes += item.size;
    if (item.file != Manifest::Item::in_manifest &&
        manifest.files[item.file].checkpoint != manifest.id)
      s.bytes_referenced += item.size;
  }
  return s;
}

CheckpointSummary damaged(CheckpointId id, std::string problem) {
  return {.id = id, .state = CheckpointState::damaged, .problem = std::move(problem)};
}

/// Which of the files that it refers to is not there, or nothing.
std::string missing_file(const CheckpointStore& store, const CheckpointListing& listing,
                         const Manifest& manifest) {
  for (const auto& file : manifest.files) {
    const auto at = listing.numbers.find(file.checkpoint);
    if (at == listing.numbers.end() || std::ranges::count(at->second.state_files, file.number) == 0)
      return runtime::path_of(store, runtime::state_name(file.checkpoint, file.number)) +
             ", offset 0: the file is not there";
  }
  return {};
}

/// Nothing when it has gone since it was listed.
Result<std::optional<CheckpointSummary>> look_at(CheckpointStore& store,
                                                 const CheckpointListing& listing,
                                                 CheckpointId id) {
  Result<Manifest> manifest = runtime::read_manifest(store, id);
  if (!manifest) {
    const Errc code = manifest.error().code();
    if (code == Errc::not_found) return std::optional<CheckpointSummary>();
    if (code != Errc::corrupted && code != Errc::unsupported) return manifest.take_error();
    return std::optional(damaged(id, manifest.error().message()));
  }
  CheckpointSummary summary = summarize(*manifest);
  summary.problem = missing_file(store, listing, *manifest);
  if (!summary.problem.empty()) summary.state = CheckpointState::damaged;
  return std::optional(std::move(summary));
}

Result<std::optional<CheckpointSummary>> look_at_old(CheckpointStore& store) {
  Result<Manifest> old = runtime::read_old_manifest(store);
  if (old) return std::optional(summarize(*old));
  const Errc code = old.error().code();
  if (code == Errc::not_found) return std::optional<CheckpointSummary>();
  if (code != Errc::corrupted && code != Errc::unsupported) return old.take_error();
  return std::optional(damaged(0, old.error().message()));
}

/// Only what a source has saved, so that no other state is read.
Result<std::vector<CheckpointPosition>> positions_of(CheckpointStore& store, Manifest manifest) {
  std::vector<CheckpointPosition> positions;
  std::erase_if(manifest.items,
                [&](const auto& item) { return manifest.steps[item.step].kind != "source"; });
  std::vector<CheckpointDamage> damage;
  std::optional<Error> unreadable;
  const auto take = [&](std::size_t i, std::string_view bytes) {
    auto state = detail::PartitionState::from_item({.group = 0, .bytes = std::string(bytes)});
    const std::string& step = manifest.steps[manifest.items[i].step].name;
    if (!state) {
      unreadable = Error(Errc::corrupted, "step \"" + step + "\": " + state.error().message());
      return;
    }
    positions.push_back({step, state->id, state->position, state->ended});
  };
  if (auto read = runtime::read_items(store, manifest, take, damage); !read)
    return read.take_error();
  for (const CheckpointDamage& d : damage)
    if (d.in_use) return Error(Errc::corrupted, runtime::to_text(d));
  if (unreadable) return *unreadable;
  std::ranges::sort(positions, {},
                    [](const CheckpointPosition& p) { return std::pair(p.step, p.partition); });
  return positions;
}

}  // namespace

std::string_view to_string(CheckpointState state) {
  constexpr std::string_view names[] = {"complete", "damaged", "unfinished", "start", "skipped"};
  return names[static_cast<unsigned>(state)];
}

Result<std::vector<CheckpointSummary>> list_checkpoints(CheckpointStore& store) {
  Result<CheckpointListing> listing = runtime::list_checkpoint_files(store);
  if (!listing) return listing.take_error();
  std::vector<CheckpointSummary> all;
  if (listing->old_snapshot) {
    auto old = look_at_old(store);
    if (!old) return old.take_error();
    if (*old) all.push_back(std::move(**old));
  }
  for (const auto& [id, number] : listing->numbers) {
    if (!number.manifest) {
      all.push_back({.id = id, .state = CheckpointState::unfinished});
      continue;
    }
    auto summary = look_at(store, *listing, id);
    if (!summary) return summary.take_error();
    if (*summary) all.push_back(std::move(**summary));
  }
  return all;
}

Result<CheckpointDetails> describe_checkpoint(CheckpointStore& store, CheckpointId id) {
  Result<Manifest> manifest = runtime::find_checkpoint(store, id);
  if (!manifest) return manifest.take_error();
  CheckpointDetails details;
  details.summary = summarize(*manifest);
  for (const auto& step : manifest->steps)
    details.steps.push_back({step.name, step.kind, step.schema, step.subtasks});
  for (const auto& item : manifest->items) {
    CheckpointStep& step = details.steps[item.step];
    ++step.items;
    step.bytes += item.size;
    const bool keyed = item.group != StateItem::every_subtask;
    details.items.push_back({step.name, item.subtask,
                             keyed ? std::optional(item.group) : std::nullopt, item.size,
                             item.sum});
  }
  for (const auto& prepared : manifest->prepared)
    details.committables.push_back(
        {manifest->steps[prepared.step].name, prepared.subtask, prepared.bytes});
  auto positions = positions_of(store, std::move(*manifest));
  if (!positions) return positions.take_error();
  details.positions = std::move(*positions);
  return details;
}

Result<std::vector<CheckpointDamage>> verify_checkpoint(CheckpointStore& store, CheckpointId id) {
  std::vector<CheckpointDamage> damage;
  Result<Manifest> manifest = runtime::find_checkpoint(store, id);
  if (!manifest) return manifest.take_error();
  const auto take = [](std::size_t, std::string_view) {};
  if (auto read = runtime::read_items(store, *manifest, take, damage); !read)
    return read.take_error();
  return damage;
}

}  // namespace millrace
