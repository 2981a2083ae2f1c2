// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "group.hpp"
#include "millrace/core/env.hpp"
#include "millrace/log/options.hpp"
#include "recovery.hpp"

namespace millrace::log {

enum class EndsShard : bool { no, yes };

/// The writing side of one shard in one process. Any number of them, in any number of processes,
/// may write one shard: each commit holds the shard's file lock and takes in first what others have
/// appended.
/// Threads: any. Those that append meanwhile share the next commit.
class Shard {
 public:
  Shard(Env& env, ShardPlace place, const Options& options);

  /// Makes the shard if absent and recovers it. Errors: corrupted, io, out_of_space.
  Result<void> open();

  /// Puts records into the group that is open, as many as fit, one at least: `taken` of them, from
  /// the group's `first` on. The group is to be given to commit() next.
  std::shared_ptr<Group> stage(std::span<const Record* const> records, std::size_t& taken,
                               std::uint32_t& first);
  /// Writes the group, with whatever others put in, and syncs as options.durability says. The
  /// sequence number of the group's first record.
  Result<std::uint64_t> commit(const std::shared_ptr<Group>& group);
  /// Appends the records of a transaction all or none and syncs, unless its id was taken before.
  Result<void> commit_transaction(Group& group);
  /// Whether commit_transaction() has appended the one of that id.
  Result<bool> took(std::string_view id);
  /// Syncs what was written and lets readers see it.
  Result<void> flush();
  /// flush(), and gives back the room that was reserved.
  Result<void> close();
  /// No record after this; idempotent.
  Result<void> seal();
  /// Removes segments that have left the retention; the number of them.
  Result<std::size_t> trim();
  /// Why the last commit failed; empty when it did not.
  std::string trouble() const;
  /// Torn tails that recovery has cut since open().
  std::uint64_t tails_cut() const;

 private:
  // These need committing_, and all but the first two the file's lock.
  Result<void> open_slot();
  Result<void> locked(const std::function<Result<void>()>& work);
  Result<void> enter();
  Result<void> catch_up(const Published& published);
  Result<void> recover();
  Result<void> repair(Findings& found);
  void report_cut(const Findings& found);
  Result<void> reopen(const Findings& found);
  Result<Ledger> ledger_before(const Findings& found);
  Result<void> write(Group& group);
  Result<void> write_frames(Group& group);
  Result<void> make_room(std::uint64_t end);
  Result<void> sync_tail();
  void take_sync();
  Result<void> poison(Result<void> failure);
  void cut_unsynced();
  Result<void> publish();
  Result<void> roll();
  Result<void> close_segment(EndsShard ends);
  Result<void> start_segment(std::uint64_t base, Ledger ledger);
  Result<std::size_t> trim_segments();
  Result<void> note(Result<void> outcome);

  Env& env_;
  const ShardPlace place_;
  const Options options_;

  mutable std::mutex staging_;  // guards the four below
  std::shared_ptr<Group> open_group_;
  std::shared_ptr<Group> spare_;
  std::string trouble_;
  std::uint64_t tails_cut_ = 0;

  std::mutex committing_;  // guards everything below
  std::unique_ptr<File> slot_;
  std::unique_ptr<File> segment_;
  Tail tail_;
  Published published_;
  std::uint64_t allocated_ = 0;  // size of the segment's file
  std::uint64_t durable_ = 0;    // records below it are synced
  std::uint64_t durable_position_ = 0;
  MonotonicTime last_sync_{};
  bool must_recover_ = true;
  bool poison_unwritten_ = false;
  bool slot_failed_ = false;  // to be opened again: its sync failed
};

}  // namespace millrace::log
