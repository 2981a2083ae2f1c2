// SPDX-License-Identifier: BSL-1.0
#include "shard.hpp"

#include <algorithm>

#include "bytes.hpp"
#include "millrace/core/crc32c.hpp"

namespace millrace::log {

Shard::Shard(Env& env, ShardPlace place, const Options& options)
    : env_(env),
      place_(std::move(place)),
      options_(options),
      open_group_(std::make_shared<Group>()) {}

std::shared_ptr<Group> Shard::stage(std::span<const Record* const> records, std::size_t& taken,
                                    std::uint32_t& first) {
  const Timestamp now = env_.clock.wall();
  const std::lock_guard lock(staging_);
  Group& group = *open_group_;
  first = group.count;
  taken = 0;
  for (const Record* record : records) {
    if (taken != 0 && group.bytes.size() >= options_.group_size.bytes) break;
    group.add(now, record->key, record->data);
    ++taken;
  }
  return open_group_;
}

Result<std::uint64_t> Shard::commit(const std::shared_ptr<Group>& group) {
  const std::lock_guard lock(committing_);
  if (!group->done) {
    {
      // From here on others fill the next group; the first of them to get committing_ writes it.
      const std::lock_guard staging(staging_);
      if (!spare_ || spare_.use_count() != 1) spare_ = std::make_shared<Group>();
      spare_->clear();
      open_group_ = std::exchange(spare_, open_group_);
    }
    auto outcome = note(locked([&] { return write(*group); }));
    if (!outcome) group->error = outcome.take_error();
    group->done = true;
  }
  if (group->error) return *group->error;
  return group->base;
}

Result<void> Shard::commit_transaction(Group& group) {
  const std::lock_guard lock(committing_);
  return note(locked([&]() -> Result<void> {
    if (auto ready = enter(); !ready) return ready;
    if (tail_.ledger.contains(group.transaction)) return {};
    if (auto done = write(group); !done) return done;
    env_.faults.reached("log.transaction_written");
    tail_.ledger.add(group.transaction);
    // The spool goes after this, so the records must not depend on a later sync.
    if (durable_ == tail_.next) return {};
    if (auto done = sync_tail(); !done) return done;
    env_.faults.reached("log.transaction_synced");
    return publish();
  }));
}

Result<bool> Shard::took(std::string_view id) {
  const std::lock_guard lock(committing_);
  bool found = false;
  auto done = locked([&]() -> Result<void> {
    auto ready = enter();
    found = tail_.ledger.contains(id);
    return ready;
  });
  if (!done) return done.take_error();
  return found;
}

Result<void> Shard::flush() {
  const std::lock_guard lock(committing_);
  return note(locked([&]() -> Result<void> {
    if (auto ready = enter(); !ready) return ready;
    if (durable_ == tail_.next) return {};
    if (auto done = sync_tail(); !done) return done;
    return publish();
  }));
}

Result<void> Shard::close() {
  if (auto done = flush(); !done) return done;
  const std::lock_guard lock(committing_);
  return locked([&]() -> Result<void> {
    if (auto ready = enter(); !ready) return ready;
    if (allocated_ <= tail_.position) return {};
    if (auto done = segment_->truncate(tail_.position); !done) return done;
    allocated_ = tail_.position;
    return publish();  // others must learn that the room they know of is gone
  });
}

std::string Shard::trouble() const {
  const std::lock_guard lock(staging_);
  return trouble_;
}

std::uint64_t Shard::tails_cut() const {
  const std::lock_guard lock(staging_);
  return tails_cut_;
}

Result<void> Shard::note(Result<void> outcome) {
  const std::lock_guard lock(staging_);
  trouble_ = outcome ? std::string() : outcome.error().message();
  return outcome;
}

Result<void> Shard::locked(const std::function<Result<void>()>& work) {
  if (auto ready = open_slot(); !ready) return ready;
  if (auto got = slot_->lock(); !got) return got;
  struct Unlock {
    File& file;
    ~Unlock() { file.unlock(); }
  } const unlock{*slot_};
  return work();
}

Result<void> Shard::write(Group& group) {
  if (auto ready = enter(); !ready) return ready;
  if (published_.ended)
    return Error(Errc::conflict,
                 concat("log ", place_.directory, ": the stream was sealed at record ", tail_.next,
                        "; append to another stream"));
  if (tail_.next > tail_.base && tail_.position + group.bytes.size() > options_.segment_size.bytes)
    if (auto done = roll(); !done) return done;
  if (auto done = make_room(tail_.position + group.bytes.size()); !done) return done;
  group.base = tail_.next;
  if (auto done = write_frames(group); !done) return done;
  const bool due = options_.durability == Durability::fsync ||
                   (options_.durability == Durability::interval &&
                    env_.clock.monotonic() - last_sync_ >= options_.sync_interval);
  if (due)
    if (auto done = sync_tail(); !done) return done;
  return publish();
}

Result<void> Shard::write_frames(Group& group) {
  std::uint64_t next = tail_.next;
  Timestamp newest = tail_.newest;
  for (std::size_t i = 0; i < group.frames.size(); ++i) {
    const Group::Frame& frame = group.frames[i];
    char* const bytes = group.bytes.data() + frame.begin;
    const bool transaction = !group.transaction.empty();
    if (transaction) bytes[frame_header_size] = i + 1 == group.frames.size();
    // Arrival times never go back within a shard, whatever clocks do.
    const FrameHeader header{.kind = transaction ? FrameKind::transaction : FrameKind::records,
                             .base = next,
                             .count = frame.count,
                             .time_base = std::max(frame.first, newest),
                             .durable_upto = durable_};
    finish_frame(bytes, frame.end - frame.begin, header, tail_.id, tail_.position + frame.begin);
    next += frame.count;
    newest = header.time_base + (frame.last - frame.first);
  }
  if (auto done = segment_->write_at(tail_.position, group.bytes); !done) {
    // Whatever part is there was not acknowledged. Without the cut it would be overwritten.
    if (segment_->truncate(tail_.position)) allocated_ = tail_.position;
    return done;
  }
  std::uint64_t offset = tail_.next;
  for (const Group::Frame& frame : group.frames) {
    const std::uint64_t position = tail_.position + frame.begin;
    if (tail_.index.empty() || position - tail_.index.back().position >= index_distance)
      tail_.index.push_back({offset, position, std::max(frame.first, tail_.newest)});
    offset += frame.count;
  }
  tail_.crc = crc32c(tail_.crc, group.bytes);
  tail_.position += group.bytes.size();
  tail_.next = next;
  tail_.newest = newest;
  return {};
}

Result<void> Shard::make_room(std::uint64_t end) {
  if (end <= allocated_) return {};
  const std::uint64_t step = std::max<std::uint64_t>(options_.reserve.bytes, 1);
  std::uint64_t size = (end + step - 1) / step * step;
  auto done = segment_->allocate(size);
  if (!done && done.error().code() == Errc::out_of_space) {
    size = end;
    done = segment_->allocate(size);
  }
  if (!done)
    return Error(done.error().code(),
                 concat(done.error().message(), "; nothing of this append was written"));
  allocated_ = size;
  return {};
}

Result<void> Shard::sync_tail() {
  if (auto done = segment_->sync(); !done) return poison(std::move(done));
  take_sync();
  return {};
}

void Shard::take_sync() {
  durable_ = tail_.next;
  durable_position_ = tail_.position;
  last_sync_ = env_.clock.monotonic();
}

Result<void> Shard::poison(Result<void> failure) {
  // The pages may be clean now and not on the disk: no later sync would tell. So nobody, in this
  // process or in another, may trust what lies past the last good sync.
  published_.poisoned = true;
  must_recover_ = true;
  poison_unwritten_ = !publish().has_value();
  if (poison_unwritten_) cut_unsynced();
  env_.logger.log(LogLevel::error, concat("log ", place_.directory, " is unhealthy: ",
                                          failure.error().message(), "; records from ", durable_,
                                          " on were not acknowledged as durable; the next append "
                                          "recovers the shard"));
  return failure;
}

// The flag could not be written: without the bytes, who comes next can't take them for synced.
void Shard::cut_unsynced() {
  auto file = env_.fs.open(place_.segment_path(tail_.base), OpenMode::read_write);
  if (file) static_cast<void>((*file)->truncate(durable_position_).has_value());
}

Result<void> Shard::publish() {
  Published next = published_;
  ++next.generation;
  next.segment = tail_.base;
  next.position = tail_.position;
  next.durable = durable_;
  next.durable_position = durable_position_;
  const std::uint64_t readable = options_.durability == Durability::none ? tail_.next : durable_;
  next.readable = std::max(published_.readable, readable);
  if (auto done = write_published(*slot_, next); !done) {
    must_recover_ = true;
    return done;
  }
  published_ = next;
  return {};
}

}  // namespace millrace::log
