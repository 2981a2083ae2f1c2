// SPDX-License-Identifier: BSL-1.0
// What of the checkpoints goes, and when.
#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "runtime/checkpoints.hpp"

namespace millrace::runtime {

Result<void> Checkpoints::drop_old(unsigned keep) {
  if (written_ == 0) return {};  // the restored one is all there is
  Result<CheckpointListing> listing = list_checkpoint_files(store_);
  if (!listing) return listing.take_error();
  Result<CheckpointId> oldest = oldest_kept(*listing, std::max(keep, 1U));
  if (!oldest) return oldest.take_error();
  // A manifest goes before its files do: one that is there has all of them.
  for (auto& [id, number] : listing->numbers) {
    if (!number.manifest || (id >= *oldest && !abandoned(id))) continue;
    if (auto removed = store_.remove(manifest_name(id)); !removed) return removed;
    number.manifest = false;
    known_.erase(id);
  }
  if (listing->old_snapshot && *oldest > 0)
    if (auto removed = store_.remove(old_snapshot_name); !removed) return removed;
  return drop_files(*listing);
}

/// 0 when no more than `keep` are there.
Result<CheckpointId> Checkpoints::oldest_kept(const CheckpointListing& listing, unsigned keep) {
  unsigned kept = 0;
  for (const auto& [id, number] : std::views::reverse(listing.numbers)) {
    if (!number.manifest || abandoned(id)) continue;
    Result<const Known*> known = know(id);
    if (!known) return known.take_error();
    // One that can't be read is no checkpoint that one could go back to.
    if (!*known || (*known)->kind != Manifest::Kind::checkpoint) continue;
    if (++kept == keep) return id;
  }
  return CheckpointId{0};
}

/// It follows a checkpoint that this epoch did not go on from.
bool Checkpoints::abandoned(CheckpointId id) const {
  return restored_ && id > *restored_ && id < *epoch_;
}

Result<const Checkpoints::Known*> Checkpoints::know(CheckpointId id) {
  if (const auto at = known_.find(id); at != known_.end()) return &at->second;
  Result<Manifest> manifest = read_manifest(store_, id);
  if (manifest)
    return &known_.insert_or_assign(id, Known{manifest->kind, std::move(manifest->files)})
                .first->second;
  if (manifest.error().code() != Errc::corrupted) return manifest.take_error();
  return nullptr;
}

Result<void> Checkpoints::drop_files(const CheckpointListing& listing) {
  std::set<std::pair<CheckpointId, std::uint32_t>> needed;
  std::set<CheckpointId> unreadable;
  for (const auto& [id, number] : listing.numbers) {
    if (!number.manifest) continue;
    Result<const Known*> known = know(id);
    if (!known) return known.take_error();
    if (!*known)
      unreadable.insert(id);
    else
      for (const auto& file : (*known)->files) needed.emplace(file.checkpoint, file.number);
  }
  for (const auto& [id, number] : listing.numbers) {
    // Past what this epoch has decided somebody may be writing.
    if (id > written_ || unreadable.contains(id)) continue;
    for (const std::uint32_t n : number.state_files) {
      if (needed.contains({id, n})) continue;
      if (auto removed = store_.remove(state_name(id, n)); !removed) return removed;
    }
  }
  return {};
}

}  // namespace millrace::runtime
