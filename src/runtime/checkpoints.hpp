// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/clock.hpp"
#include "millrace/core/export.hpp"
#include "millrace/runtime/checkpoint_store.hpp"
#include "runtime/checkpoint_files.hpp"
#include "runtime/checkpoint_writer.hpp"
#include "runtime/snapshot.hpp"

namespace millrace::runtime {

/// The checkpoints of one pipeline in their store, from its start to its end.
///
/// Numbers are taken one by one: each has a manifest, put with put_new(). A start takes the next
/// one, which is its epoch, before it restores anything; the writer before it, if it still runs,
/// can't put a manifest of that number nor, as it leaves none out, of any later one. So nothing is
/// decided behind the back of who has restored, in any store whose put_new() lets one succeed.
/// Threads: one at a time. All calls block. Lifetime: store and clock outlive it.
class MILLRACE_EXPORT Checkpoints {
 public:
  Checkpoints(CheckpointStore& store, const Clock& clock, std::string pipeline);

  /// Locks the store and begins an epoch, which it gives. Errors: conflict when another process
  /// has the store, or its checkpoints are another pipeline's; io.
  Result<std::uint64_t> begin();

  /// Whether a snapshot has its items in memory, or as StoredItems. Either way all of their bytes
  /// were looked at. Lifetime of StoredItems: the store's.
  enum class Items : unsigned char { read, left };
  /// The checkpoint with the highest number whose bytes are all those that were written; nothing
  /// when there is none. Those that are damaged are passed over with a warning.
  /// Errors: corrupted when all are; unsupported when a newer program wrote one; io.
  Result<std::optional<Snapshot>> newest(std::vector<std::string>& warnings,
                                         Items items = Items::read);
  /// That checkpoint and no other. Errors: not_found, corrupted, unsupported, io.
  Result<Snapshot> named(CheckpointId id, Items items = Items::read);
  /// What is wrong with the newest one when newest() has given an older one; empty when it has not.
  const std::string& passed_over() const { return passed_over_; }

  /// The highest number that was ever seen, of a checkpoint or not: new ones are greater.
  CheckpointId last_id() const { return last_id_; }

  /// Whether this epoch has tried to write one: newest() may find another than before then.
  bool tried() const { return tried_; }

  /// Writes the checkpoint, whose number is above last_id(), with what `more` gives beside the
  /// snapshot's items. When it returns without an error it is decided; after one it is not, unless
  /// it is unsettled(). Cost: in memory is one file of state at a time.
  /// Errors: conflict when another process has begun an epoch since; limit_exceeded, io,
  /// out_of_space; the Failure of `more`.
  Result<CheckpointStats> write(const Snapshot& snapshot, const GiveItems& more = {});
  /// True when the last write() ended so that its checkpoint may be there, but not for sure. Who
  /// goes back to an older one then, and aborts what follows it, has to ask newest() which: it
  /// makes what it gives durable. Who goes on and writes the next one need not.
  bool unsettled() const { return unsettled_.has_value(); }

  /// Removes all but the newest `keep` checkpoints, at least one, and what no kept one refers to.
  /// Those that follow the restored one but are of an older epoch don't count and go; nothing goes
  /// before this epoch has written one. Errors: io.
  Result<void> drop_old(unsigned keep = 2);

 private:
  struct Known {
    Manifest::Kind kind = Manifest::Kind::checkpoint;
    std::vector<Manifest::File> files;
  };
  Result<void> look(const CheckpointListing& listing);
  Error wrong_pipeline(const std::string& other) const;
  Result<std::optional<Snapshot>> restore_if_whole(const std::string& what,
                                                   Result<Manifest> manifest,
                                                   std::vector<std::string>& warnings, Items items);
  Result<Snapshot> restore(Manifest manifest, std::vector<std::string>& warnings, Items items);
  Result<void> settle(const Manifest& manifest);
  Manifest make_manifest(Manifest::Kind kind, CheckpointId id) const;
  Result<void> take_numbers_before(CheckpointId id);
  /// Decides what the number is. Errors: conflict when another epoch has it; those of put_new().
  Result<void> put_manifest(const Manifest& manifest, const std::string& bytes);
  bool has_no_manifest(CheckpointId id);
  /// Nothing when it can't be read. Errors: those that are no damage.
  Result<const Known*> know(CheckpointId id);
  bool abandoned(CheckpointId id) const;
  Result<CheckpointId> oldest_kept(const CheckpointListing& listing, unsigned keep);
  Result<void> drop_files(const CheckpointListing& listing);

  CheckpointStore& store_;
  const Clock& clock_;
  const std::string pipeline_;
  std::shared_ptr<void> lock_;
  std::optional<std::uint64_t> epoch_;
  std::optional<CheckpointId> top_;  // the highest number that has a manifest
  CheckpointId last_id_ = 0;
  bool tried_ = false;
  CheckpointId written_ = 0;              // the last checkpoint of this epoch; 0: none
  std::optional<CheckpointId> restored_;  // of an older epoch
  std::optional<CheckpointId> unsettled_;
  std::string passed_over_;
  CheckpointContents contents_;  // of the last one that was written or restored
  std::map<CheckpointId, Known> known_;
};

}  // namespace millrace::runtime
