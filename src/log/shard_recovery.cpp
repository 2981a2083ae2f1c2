// SPDX-License-Identifier: BSL-1.0
// How a shard's writer comes to know the end of the log: by recovery, or from what others did.
#include <algorithm>

#include "bytes.hpp"
#include "shard.hpp"

namespace millrace::log {

Result<void> Shard::open() {
  const std::lock_guard lock(committing_);
  return note(locked([&] { return enter(); }));
}

Result<void> Shard::open_slot() {
  if (slot_ && !slot_failed_) return {};
  if (auto made = env_.fs.make_directories(place_.directory); !made) return made;
  auto file = env_.fs.open(place_.directory + "/published", OpenMode::create);
  if (!file) return file.take_error();
  slot_ = std::move(*file);
  slot_failed_ = false;
  return {};
}

Result<void> Shard::enter() {
  auto read = read_published(*slot_);
  if (!read) return read.take_error();
  const auto& published = *read;
  if (poison_unwritten_) {
    // Unless others have gone on since: they know the log better then.
    if (published && published->generation == published_.generation)
      if (auto done = publish(); !done) return done;
    poison_unwritten_ = false;
  }
  if (must_recover_) return recover();
  if (!published || published->rolling || published->poisoned) return recover();
  if (published->generation == published_.generation) return {};
  return catch_up(*published);
}

Result<void> Shard::catch_up(const Published& published) {
  if (published.epoch != published_.epoch || published.segment != tail_.base ||
      published.position < tail_.position)
    return recover();
  if (auto done = scan(*segment_, published.position, tail_); !done) return done;
  if (tail_.position != published.position) return recover();
  auto size = segment_->size();
  if (!size) return size.take_error();
  allocated_ = *size;
  durable_ = published.durable;
  durable_position_ = published.durable_position;
  published_ = published;
  return {};
}

Result<void> Shard::recover() {
  must_recover_ = true;
  segment_.reset();
  auto found = examine(env_.fs, place_);
  if (!found) return found.take_error();
  if (auto ok = refuse_missing(*found, place_); !ok) return ok;
  published_ = found->published.value_or(Published{});
  if (published_.segment != found->tail.base) {
    published_.poisoned = false;  // it spoke of a segment that was sealed since
    published_.durable_position = segment_header_size;
  }
  // What was readable without a sync may be gone.
  published_.readable = std::min(published_.readable, found->tail.next);
  if (found->torn || found->holds_no_record()) ++published_.epoch;
  durable_ = published_.durable;
  durable_position_ = published_.durable_position;
  tail_ = found->tail;
  if (auto done = repair(*found); !done) return done;
  if (found->torn) report_cut(*found);
  published_.rolling = published_.poisoned = false;
  published_.ended = tail_.footer && tail_.footer->ends_shard;
  if (auto done = publish(); !done) return done;
  if (found->published && found->published->poisoned) {
    // Were an old copy with the flag all that a power loss leaves, it would cut what comes now.
    if (auto done = publish(); !done) return done;
    if (auto done = slot_->sync(); !done) {
      slot_failed_ = true;
      return done;
    }
  }
  must_recover_ = false;
  return {};
}

Result<void> Shard::repair(Findings& found) {
  if (found.bases.empty()) return start_segment(0, {});
  if (found.holds_no_record()) {
    // Its header, and the transactions' ledger after it, may never have reached the disk, although
    // they can be read: after a sync that failed.
    const bool has_ledger = !found.unborn && found.tail.position > segment_header_size;
    Result<Ledger> ledger = has_ledger ? Result<Ledger>(found.tail.ledger) : ledger_before(found);
    if (!ledger) return ledger.take_error();
    // Another process may be about to append to the file that is made anew here.
    published_.rolling = true;
    if (auto done = publish(); !done) return done;
    return start_segment(found.tail.base, std::move(*ledger));
  }
  if (auto done = reopen(found); !done) return done;
  if (!tail_.footer || tail_.footer->ends_shard) return {};
  return start_segment(tail_.next, tail_.ledger);
}

Result<void> Shard::reopen(const Findings& found) {
  const std::string path = place_.segment_path(found.tail.base);
  auto file = env_.fs.open(path, OpenMode::read_write);
  if (!file) return file.take_error();
  segment_ = std::move(*file);
  allocated_ = found.file_size;
  if (found.torn || tail_.footer) {
    if (auto done = segment_->truncate(tail_.position); !done) return done;
    allocated_ = tail_.position;
  }
  if (tail_.footer) {
    // It holds no record, so writing it again is safe; a sync that failed may have lost it.
    std::string footer(footer_frame_size, '\0');
    const std::uint64_t at = tail_.position - footer.size();
    if (auto n = segment_->read_at(at, footer); !n) return n.take_error();
    if (auto done = segment_->write_at(at, footer); !done) return done;
  }
  if (auto done = segment_->sync(); !done)
    // The last good sync is known only when the slot speaks of this segment.
    return found.published && found.published->segment == tail_.base ? poison(std::move(done))
                                                                     : std::move(done);
  take_sync();
  return {};
}

void Shard::report_cut(const Findings& found) {
  env_.faults.reached("log.tail_cut");
  {
    const std::lock_guard lock(staging_);
    ++tails_cut_;
  }
  env_.logger.log(LogLevel::warning,
                  concat(place_.segment_path(found.tail.base), " at offset ", found.tail.position,
                         ": cut ", found.file_size - found.tail.position,
                         " bytes of frames that were not synced; the log goes on with record ",
                         found.tail.next));
}

Result<Ledger> Shard::ledger_before(const Findings& found) {
  if (found.bases.size() < 2) return Ledger{};
  const std::uint64_t base = found.bases[found.bases.size() - 2];
  auto file = env_.fs.open(place_.segment_path(base), OpenMode::read);
  if (!file) return file.take_error();
  auto size = (*file)->size();
  if (!size) return size.take_error();
  Tail tail(base, place_.segment_id_of(base));
  if (auto done = scan(**file, *size, tail); !done) return done.take_error();
  if (!tail.footer)
    return corrupted_at(place_.segment_path(base), tail.position, "a damaged frame");
  return std::move(tail.ledger);
}

}  // namespace millrace::log
