// SPDX-License-Identifier: BSL-1.0
// How a shard's segments begin, end and leave.
#include <algorithm>

#include "bytes.hpp"
#include "index.hpp"
#include "millrace/core/crc32c.hpp"
#include "shard.hpp"

namespace millrace::log {

Result<void> Shard::roll() {
  // Who finds this flag looks at the directory instead of trusting what it remembers.
  published_.rolling = true;
  if (auto done = publish(); !done) return done;
  must_recover_ = true;
  if (auto done = close_segment(EndsShard::no); !done) return done;
  env_.faults.reached("log.between_segments");
  if (auto done = start_segment(tail_.next, tail_.ledger); !done) return done;
  published_.rolling = false;
  if (auto done = publish(); !done) return done;
  must_recover_ = false;
  if (auto trimmed = trim_segments(); !trimmed)
    env_.logger.log(LogLevel::warning,
                    concat("log ", place_.directory, ": retention: ", trimmed.error().message()));
  return {};
}

Result<void> Shard::close_segment(EndsShard ends) {
  tail_.footer = Footer{.records = tail_.next - tail_.base,
                        .next = tail_.next,
                        .newest = tail_.newest,
                        .crc = tail_.crc,
                        .ends_shard = ends == EndsShard::yes};
  const std::string frame = encode(*tail_.footer, tail_.id, tail_.position, durable_);
  const std::uint64_t end = tail_.position + frame.size();
  if (auto done = make_room(end); !done) return done;
  if (auto done = segment_->write_at(tail_.position, frame); !done) return done;
  if (auto done = segment_->truncate(end); !done) return done;
  tail_.position = allocated_ = end;
  if (auto done = sync_tail(); !done) return done;
  store_index(env_.fs, index_path(place_.segment_path(tail_.base)), tail_.id, tail_.index);
  return {};
}

Result<void> Shard::start_segment(std::uint64_t base, Ledger ledger) {
  const std::string path = place_.segment_path(base);
  // A file that a crash left half made may have this name.
  auto file = env_.fs.open(path, OpenMode::create);
  if (!file) return file.take_error();
  segment_ = std::move(*file);
  const Timestamp newest = tail_.newest;
  tail_ = Tail(base, place_.segment_id_of(base));
  tail_.newest = newest;
  tail_.ledger = std::move(ledger);
  std::string bytes = encode(SegmentHeader{
      .shard = place_.index, .base = base, .id = tail_.id, .created = env_.clock.wall()});
  if (!tail_.ledger.empty()) {
    std::string frame;
    begin_frame(frame);
    tail_.ledger.encode(frame);
    const FrameHeader header{.kind = FrameKind::ledger, .base = base, .durable_upto = base};
    finish_frame(frame.data(), frame.size(), header, tail_.id, bytes.size());
    bytes += frame;
  }
  if (auto done = segment_->truncate(0); !done) return done;
  allocated_ = 0;
  if (auto done = make_room(bytes.size()); !done) return done;
  if (auto done = segment_->write_at(0, bytes); !done) return done;
  tail_.position = bytes.size();
  tail_.crc = crc32c(0, bytes);
  // It holds no record, so a failed sync poisons nothing: the next recovery makes the file anew.
  if (auto done = segment_->sync(); !done) return done;
  take_sync();
  // Nothing may refer to the file before its name survives.
  return env_.fs.sync_directory(place_.directory);
}

Result<void> Shard::seal() {
  const std::lock_guard lock(committing_);
  return note(locked([&]() -> Result<void> {
    if (auto ready = enter(); !ready || published_.ended) return ready;
    published_.rolling = true;
    if (auto done = publish(); !done) return done;
    must_recover_ = true;
    if (auto done = close_segment(EndsShard::yes); !done) return done;
    published_.rolling = false;
    published_.ended = true;
    if (auto done = publish(); !done) return done;
    must_recover_ = false;
    return {};
  }));
}

Result<std::size_t> Shard::trim() {
  const std::lock_guard lock(committing_);
  std::size_t removed = 0;
  auto done = locked([&]() -> Result<void> {
    if (auto ready = enter(); !ready) return ready;
    auto n = trim_segments();
    if (!n) return n.take_error();
    removed = *n;
    return {};
  });
  if (!done) return done.take_error();
  return removed;
}

Result<std::size_t> Shard::trim_segments() {
  const bool by_time = options_.retention_time > Duration{};
  const bool by_size = options_.retention_size.bytes != 0;
  if (!by_time && !by_size) return std::size_t{0};
  auto bases = list_segments(env_.fs, place_);
  if (!bases) return bases.take_error();
  std::vector<std::uint64_t> sizes;
  std::uint64_t total = 0;
  for (const std::uint64_t base : *bases) {
    auto info = env_.fs.info(place_.segment_path(base));
    if (!info) return info.take_error();
    sizes.push_back(*info ? (*info)->size : 0);
    total += sizes.back();
  }
  const Timestamp oldest = env_.clock.wall() - options_.retention_time;
  std::size_t removed = 0;
  for (std::size_t i = 0; i + 1 < bases->size(); ++i, ++removed) {
    const std::string path = place_.segment_path((*bases)[i]);
    bool leave = by_size && total > options_.retention_size.bytes;
    if (!leave && by_time) {
      auto file = env_.fs.open(path, OpenMode::read);
      if (!file) return file.take_error();
      auto footer = read_footer(**file, place_.segment_id_of((*bases)[i]));
      if (!footer) return footer.take_error();
      leave = *footer && (*footer)->newest < oldest;
    }
    if (!leave) break;
    if (auto done = env_.fs.remove(path); !done) return done.take_error();
    static_cast<void>(env_.fs.remove(index_path(path)).has_value());
    // One by one, so that no crash leaves a gap that would look like a lost segment.
    if (auto done = env_.fs.sync_directory(place_.directory); !done) return done.take_error();
    total -= sizes[i];
  }
  return removed;
}

}  // namespace millrace::log
