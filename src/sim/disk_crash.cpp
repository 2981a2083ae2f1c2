// SPDX-License-Identifier: BSL-1.0
// What a power loss leaves of a Disk.
#include <algorithm>

#include "chance.hpp"
#include "disk_state.hpp"

namespace millrace::sim {
namespace {

constexpr std::uint64_t sector = 512;

// One way to lose writes for each crash: mixing them all in every crash would hardly ever leave the
// tidy states (all, nothing, a prefix) in which recovery has to find its way too.
enum class Style : unsigned char { nothing, everything, prefix, torn_last, zeros, mixed };

Change zeroed(Change change) {
  std::fill(change.bytes.begin(), change.bytes.end(), '\0');
  return change;
}

// Writes some sectors of `change`; of a write inside one sector, a prefix.
void apply_torn(std::string& contents, const Change& change, Rng& rng) {
  if (change.kind == Change::Kind::resize) return apply_change(contents, change);
  const std::uint64_t size = change.bytes.size();
  const std::uint64_t first = std::min(size, sector - change.at % sector);
  if (first == size) {
    apply_change(contents,
                 {Change::Kind::write, change.at, change.bytes.substr(0, rng.below(size + 1))});
    return;
  }
  for (std::uint64_t at = 0, n = first; at < size; at += n, n = std::min(sector, size - at))
    if (chance(rng, 0.5))
      apply_change(contents, {Change::Kind::write, change.at + at, change.bytes.substr(at, n)});
}

void apply_mixed(std::string& contents, const Change& change, Rng& rng) {
  switch (rng.below(5)) {
    case 0:
      return;
    case 1:
      return apply_torn(contents, change, rng);
    case 2:
      return apply_change(contents, zeroed(change));
    default:
      return apply_change(contents, change);
  }
}

void lose_contents(Inode& inode, Style style, Rng& rng) {
  std::string contents = std::move(inode.durable);
  const auto& pending = inode.pending;
  const std::size_t some = static_cast<std::size_t>(rng.below(pending.size() + 1));
  switch (style) {
    case Style::nothing:
      break;
    case Style::everything:
      for (const Change& c : pending) apply_change(contents, c);
      break;
    case Style::prefix:
      for (std::size_t i = 0; i < some; ++i) apply_change(contents, pending[i]);
      break;
    case Style::torn_last:
      for (std::size_t i = 0; i + 1 < some; ++i) apply_change(contents, pending[i]);
      if (some > 0) apply_torn(contents, pending[some - 1], rng);
      break;
    case Style::zeros:
      for (std::size_t i = 0; i < some; ++i) apply_change(contents, zeroed(pending[i]));
      break;
    case Style::mixed:
      for (const Change& c : pending) apply_mixed(contents, c, rng);
      break;
  }
  inode.pending.clear();
  inode.live = contents;
  inode.durable = std::move(contents);
}

void lose_names(Disk::State& state, Rng& rng) {
  auto& pending = state.pending_names;
  const std::uint64_t luck = rng.below(20);
  std::size_t keep = static_cast<std::size_t>(rng.below(pending.size() + 1));
  if (luck < 3) keep = pending.size();
  if (luck >= 17) keep = 0;
  for (std::size_t i = 0; i < pending.size(); ++i) {
    const bool kept = state.options.model == DiskModel::ext4 || luck < 3 || luck >= 17
                          ? i < keep
                          : chance(rng, 0.5);
    if (kept) apply_change(state.durable_names, pending[i]);
  }
  pending.clear();
  // A file can't survive the loss of the directory that it was in.
  std::erase_if(state.durable_names, [&](const auto& entry) {
    const std::string_view parent = parent_of(entry.first);
    return !parent.empty() && parent != "/" && !state.durable_names.contains(parent);
  });
  state.live_names = state.durable_names;
}

}  // namespace

void Disk::crash(std::uint64_t seed) {
  SeededRng rng(seed);
  for (const LifeRef& life : state_->lives) state_->end_life(*life);
  lose_names(*state_, rng);
  state_->used = 0;
  // Files that were open must not reach the new process's inodes.
  std::map<const Inode*, InodeRef> replaced;
  for (auto& [path, inode] : state_->live_names) {
    InodeRef& fresh = replaced[inode.get()];
    if (!fresh) {
      fresh = std::make_shared<Inode>(*inode);
      fresh->lock_owner = nullptr;
      lose_contents(*fresh, static_cast<Style>(rng.below(6)), rng);
      state_->used += fresh->live.size();
    }
    inode = fresh;
  }
  state_->durable_names = state_->live_names;
}

}  // namespace millrace::sim
