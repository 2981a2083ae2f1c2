// SPDX-License-Identifier: BSL-1.0
#include "runtime/checkpoints.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace millrace::runtime {
namespace {

std::string title(CheckpointId id) { return "checkpoint " + std::to_string(id); }

}  // namespace

Checkpoints::Checkpoints(CheckpointStore& store, const Clock& clock, std::string pipeline)
    : store_(store), clock_(clock), pipeline_(std::move(pipeline)) {}

Manifest Checkpoints::make_manifest(Manifest::Kind kind, CheckpointId id) const {
  return {.kind = kind,
          .id = id,
          .epoch = epoch_.value_or(id),
          .written = clock_.wall().time_since_epoch().count(),
          .pipeline = pipeline_};
}

Result<std::uint64_t> Checkpoints::begin() {
  if (epoch_) return *epoch_;
  auto lock = store_.lock("pipeline \"" + pipeline_ + "\", started " +
                          time_text(clock_.wall().time_since_epoch().count()) + ",");
  if (!lock) return lock.take_error();
  for (;;) {
    Result<CheckpointListing> listing = list_checkpoint_files(store_);
    if (!listing) return listing.take_error();
    if (auto looked = look(*listing); !looked) return looked.take_error();
    const bool empty = listing->numbers.empty() && !listing->old_snapshot;
    const CheckpointId id = top_ ? *top_ + 1 : empty ? 0 : last_id_ + 1;
    const Manifest start = make_manifest(Manifest::Kind::start, id);
    if (auto put = store_.put_new(manifest_name(id), to_bytes(start)); !put) {
      // Somebody was faster, in a store that has no lock.
      if (put.error().code() == Errc::already_exists) continue;
      return put.take_error();
    }
    lock_ = std::move(*lock);
    top_ = id;
    last_id_ = std::max(last_id_, id);
    epoch_ = id;
    return id;
  }
}

/// Takes in which numbers there are, and refuses what is not this pipeline's.
Result<void> Checkpoints::look(const CheckpointListing& listing) {
  std::optional<std::string> owner;
  for (const auto& [id, number] : std::views::reverse(listing.numbers)) {
    last_id_ = std::max(last_id_, id);
    if (!number.manifest) continue;
    if (!top_ || id > *top_) top_ = id;
    if (owner) continue;
    Result<Manifest> manifest = read_manifest(store_, id);
    if (manifest)
      owner = manifest->pipeline;
    else if (manifest.error().code() != Errc::corrupted)  // newest() tells of those
      return manifest.take_error();
  }
  if (listing.old_snapshot) {
    Result<Manifest> old = read_old_manifest(store_);
    if (!old && old.error().code() != Errc::corrupted) return old.take_error();
    if (old) last_id_ = std::max(last_id_, old->id);
    if (old && !owner) owner = old->pipeline;
  }
  if (owner && *owner != pipeline_) return wrong_pipeline(*owner);
  return {};
}

Error Checkpoints::wrong_pipeline(const std::string& other) const {
  return {Errc::conflict,
          "state directory " + store_.where() + ": its checkpoints are of pipeline \"" + other +
              "\", this one is \"" + pipeline_ + "\"; give this one a directory of its own"};
}

Result<std::optional<Snapshot>> Checkpoints::newest(std::vector<std::string>& warnings,
                                                    Items items) {
  Result<CheckpointListing> listing = list_checkpoint_files(store_);
  if (!listing) return listing.take_error();
  if (unsettled_ && !listing->numbers[*unsettled_].manifest) unsettled_.reset();
  const std::size_t before = warnings.size();
  passed_over_.clear();
  for (const auto& [id, number] : std::views::reverse(listing->numbers)) {
    if (!number.manifest) continue;
    auto found = restore_if_whole(title(id), read_manifest(store_, id), warnings, items);
    if (!found || *found) return found;
  }
  if (listing->old_snapshot) {
    auto found = restore_if_whole("the snapshot of an older program", read_old_manifest(store_),
                                  warnings, items);
    if (!found || *found) return found;
  }
  if (warnings.size() == before) return std::optional<Snapshot>();
  return Error(Errc::corrupted, "state directory " + store_.where() +
                                    ": no checkpoint in it can be used; " + warnings[before] +
                                    "; bring the files back from a copy, or start with another "
                                    "directory");
}

/// Nothing for one that is damaged, which becomes a warning, or no checkpoint.
Result<std::optional<Snapshot>> Checkpoints::restore_if_whole(const std::string& what,
                                                              Result<Manifest> manifest,
                                                              std::vector<std::string>& warnings,
                                                              Items items) {
  std::optional<Snapshot> none;
  if (manifest && manifest->kind != Manifest::Kind::checkpoint) return none;
  Result<Snapshot> snapshot =
      manifest ? restore(*manifest, warnings, items) : manifest.take_error();
  if (snapshot) {
    if (auto settled = settle(*manifest); !settled) return settled.take_error();
    return std::optional(std::move(*snapshot));
  }
  if (snapshot.error().code() != Errc::corrupted) return snapshot.take_error();
  if (passed_over_.empty()) passed_over_ = what + " is damaged: " + snapshot.error().message();
  warnings.push_back(what + " is damaged and passed over: " + snapshot.error().message());
  return none;
}

Result<Snapshot> Checkpoints::named(CheckpointId id, Items items) {
  Result<Manifest> manifest = find_checkpoint(store_, id);
  if (!manifest) return manifest.take_error();
  std::vector<std::string> warnings;
  return restore(std::move(*manifest), warnings, items);
}

Result<Snapshot> Checkpoints::restore(Manifest manifest, std::vector<std::string>& warnings,
                                      Items items) {
  if (manifest.pipeline != pipeline_) return wrong_pipeline(manifest.pipeline);
  Snapshot snapshot = snapshot_of(manifest);
  if (items == Items::read) snapshot.items = items_of(manifest);
  CheckpointContents contents;
  contents.set_files(manifest.files);
  const auto take = [&](std::size_t i, std::string_view bytes) {
    const Manifest::Item& item = manifest.items[i];
    if (item.file != Manifest::Item::in_manifest)
      contents.add(CheckpointContents::fingerprint(bytes, item.sum), {item.file, item.offset});
    if (items == Items::read) snapshot.items[i].state.bytes = bytes;
  };
  if (auto read = read_whole(store_, manifest, take, warnings); !read) return read.take_error();
  known_.insert_or_assign(manifest.id, Known{manifest.kind, manifest.files});
  contents_ = std::move(contents);
  if (epoch_ && manifest.id < *epoch_) restored_ = manifest.id;
  if (items == Items::left) snapshot.stored = stored_items(store_, std::move(manifest));
  return snapshot;
}

/// What this process put, and does not know to be durable, becomes so before anybody relies on it.
Result<void> Checkpoints::settle(const Manifest& manifest) {
  if (unsettled_ == manifest.id) {
    if (auto put = store_.put(manifest_name(manifest.id), to_bytes(manifest)); !put) return put;
    top_ = written_ = manifest.id;
  }
  unsettled_.reset();
  return {};
}

Result<CheckpointStats> Checkpoints::write(const Snapshot& snapshot, const GiveItems& more) {
  tried_ = true;
  if (!epoch_ || snapshot.id <= last_id_)
    return Error(Errc::invalid_input,
                 title(snapshot.id) + (epoch_ ? ": the last number was " + std::to_string(last_id_)
                                              : ": written before begin()"));
  last_id_ = snapshot.id;
  if (auto taken = take_numbers_before(snapshot.id); !taken) return taken.take_error();
  CheckpointWriter writer(store_, contents_,
                          make_manifest(Manifest::Kind::checkpoint, snapshot.id));
  if (auto written = writer.write(snapshot, more); !written) return written.take_error();
  const std::string bytes = to_bytes(writer.manifest());
  CheckpointStats stats = writer.stats();
  stats.bytes_written += bytes.size();
  known_.insert_or_assign(snapshot.id, Known{Manifest::Kind::checkpoint, writer.manifest().files});
  unsettled_ = snapshot.id;
  if (auto put = put_manifest(writer.manifest(), bytes); !put) {
    if (put.error().code() == Errc::conflict || has_no_manifest(snapshot.id)) {
      unsettled_.reset();
      writer.remove_files();
    }
    return put.take_error();
  }
  unsettled_.reset();
  top_ = written_ = snapshot.id;
  contents_ = std::move(writer.contents());
  return stats;
}

Result<void> Checkpoints::take_numbers_before(CheckpointId id) {
  for (CheckpointId n = *top_ + 1; n < id; ++n) {
    const Manifest skipped = make_manifest(Manifest::Kind::skipped, n);
    if (auto put = put_manifest(skipped, to_bytes(skipped)); !put) return put;
    known_.erase(n);  // it is what is there that counts: this, or what a write could not tell of
    top_ = n;
  }
  return {};
}

Result<void> Checkpoints::put_manifest(const Manifest& manifest, const std::string& bytes) {
  if (bytes.size() > manifest_limit.bytes)
    return Error(Errc::limit_exceeded, title(manifest.id) + " of pipeline \"" + pipeline_ +
                                           "\": its manifest has " + std::to_string(bytes.size()) +
                                           " bytes, " + std::to_string(manifest_limit.bytes) +
                                           " at most can be read again");
  Result<void> put = store_.put_new(manifest_name(manifest.id), bytes);
  if (put || put.error().code() != Errc::already_exists) return put;
  // An earlier try of ours may have done more than it could tell.
  const Result<Manifest> there = read_manifest(store_, manifest.id);
  // What was not told may not be durable, and others are dropped because of it.
  if (there && there->epoch == *epoch_)
    return store_.put(manifest_name(manifest.id), to_bytes(*there));
  // Whose it is can't be said as long as it can't be read.
  if (!there && there.error().code() != Errc::corrupted && there.error().code() != Errc::not_found)
    return there.error();
  return Error(
      Errc::conflict,
      title(manifest.id) + " of pipeline \"" + pipeline_ + "\": another process has taken " +
          "over " + store_.where() +
          (there ? ", in epoch " + std::to_string(there->epoch) + " at " + time_text(there->written)
                 : std::string()) +
          "; this one, of epoch " + std::to_string(*epoch_) + ", has to end");
}

bool Checkpoints::has_no_manifest(CheckpointId id) {
  const Result<std::string> there = store_.get(manifest_name(id), manifest_limit);
  return !there && there.error().code() == Errc::not_found;
}

}  // namespace millrace::runtime
