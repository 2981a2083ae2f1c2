// SPDX-License-Identifier: BSL-1.0
// How a reader finds its place: in which segment, at which frame.
#include "bytes.hpp"
#include "index.hpp"
#include "reader_state.hpp"

namespace millrace::log {

Error ShardReader::State::past_the_end() const {
  return Error(Errc::conflict,
               concat("log ", place.directory, ": position ", next, " is past the end, ", readable,
                      "; records that were not durable were lost, or it is another stream's "
                      "position: start at trim_horizon or latest"));
}

Error ShardReader::State::trimmed(std::uint64_t first) const {
  return Error(Errc::trimmed, concat("log ", place.directory, ": record ", next,
                                     " has left the retention, the oldest kept is ", first,
                                     "; start at trim_horizon to go on with that one"));
}

Result<void> ShardReader::State::open_stream() {
  if (slot) return {};
  auto info = read_stream(env.fs, stream);
  if (!info) return info.take_error();
  if (place.index >= info->shards)
    return Error(Errc::not_found, concat("log ", stream, ": there is no shard ", place.index,
                                         ", it has ", info->shards));
  place.stream_id = info->id;
  auto file = env.fs.open(place.directory + "/published", OpenMode::read);
  if (!file) return file.take_error();
  slot = std::move(*file);
  return {};
}

Result<void> ShardReader::State::refresh() {
  auto read = read_published(*slot);
  if (!read) return read.take_error();
  const auto& published = *read;
  if (!published)
    return corrupted_at(place.directory + "/published", 0,
                        "no valid copy; opening the log to append makes it anew");
  readable = published->readable;
  ended = published->ended;
  return {};
}

Result<void> ShardReader::State::resolve() {
  if (auto done = open_stream(); !done) return done;
  if (auto done = refresh(); !done) return done;
  auto bases = list_segments(env.fs, place);
  if (!bases) return bases.take_error();
  const std::uint64_t first = bases->empty() ? 0 : bases->front();
  switch (start.at) {
    case Start::At::trim_horizon:
      next = first;
      break;
    case Start::At::latest:
      next = readable;
      break;
    case Start::At::sequence:
      next = start.number;
      if (next < first) return trimmed(first);
      if (next > readable) return past_the_end();
      break;
    case Start::At::time:
      if (auto done = resolve_time(*bases); !done) return done;
      break;
  }
  chunk_next = next;
  if (stop.at == Stop::At::found) stop_at = readable;
  if (stop.at == Stop::At::count) stop_at = next + std::min(stop.number, Ack::none - next);
  resolved = true;
  return {};
}

Result<void> ShardReader::State::resolve_time(const std::vector<std::uint64_t>& bases) {
  next = readable;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    if (auto done = open_segment(bases[i]); !done) return done;
    const bool last = i + 1 == bases.size();
    auto footer = read_footer(*segment, id);
    if (!footer) return footer.take_error();
    if (*footer && (*footer)->newest < start.timestamp) continue;
    if (!*footer && !last)
      return corrupted_at(place.segment_path(base), 0, "a sealed segment without its footer");
    if (auto done = search_segment(start.timestamp, footer->has_value()); !done) return done;
    break;
  }
  segment.reset();
  return {};
}

// Sets `next` to the first published record of the open segment that arrived at `time` or later.
Result<void> ShardReader::State::search_segment(Timestamp time, bool sealed) {
  if (sealed) {
    auto index = load_index(env.fs, place.segment_path(base), *segment, id, base);
    if (!index) return index.take_error();
    position = index->position_at(time);
  }
  auto size = segment->size();
  if (!size) return size.take_error();
  FrameStream frames(*segment, id, position, *size);
  for (;;) {
    auto frame = frames.next();
    if (!frame) return frame.take_error();
    const auto header = peek_frame(*frame);
    if (!header || header->kind == FrameKind::footer || header->next() > readable) return {};
    if (header->count == 0) continue;
    RecordCursor cursor(*frame);
    RecordView record;
    for (std::uint64_t offset = header->base; cursor.next(record); ++offset) {
      if (record.arrival < time) continue;
      next = offset;
      return {};
    }
  }
}

Result<void> ShardReader::State::open_segment(std::uint64_t segment_base) {
  const std::string path = place.segment_path(segment_base);
  auto file = env.fs.open(path, OpenMode::read);
  if (!file) {
    if (file.error().code() != Errc::not_found) return file.take_error();
    auto bases = list_segments(env.fs, place);
    if (!bases) return bases.take_error();
    if (!bases->empty() && next < bases->front()) return trimmed(bases->front());
    return corrupted_at(path, 0, concat("the segment of record ", next, " is missing"));
  }
  if (auto done = check_segment_header(**file, place, segment_base); !done) return done;
  base = segment_base;
  id = place.segment_id_of(base);
  segment = std::move(*file);
  position = segment_header_size;
  return {};
}

Result<void> ShardReader::State::locate() {
  auto bases = list_segments(env.fs, place);
  if (!bases) return bases.take_error();
  if (bases->empty() || next < bases->front())
    return trimmed(bases->empty() ? readable : bases->front());
  const auto after = std::upper_bound(bases->begin(), bases->end(), next);
  if (auto done = open_segment(*std::prev(after)); !done) return done;
  if (after != bases->end()) {
    auto index = load_index(env.fs, place.segment_path(base), *segment, id, base);
    if (!index) return index.take_error();
    position = index->position_of(next);
  }
  return skip_frames();
}

// Moves `position` to the frame that holds `next`, as far as there are valid ones.
Result<void> ShardReader::State::skip_frames() {
  auto size = segment->size();
  if (!size) return size.take_error();
  FrameStream frames(*segment, id, position, *size);
  for (;;) {
    position = frames.position();
    auto frame = frames.next();
    if (!frame) return frame.take_error();
    const auto header = peek_frame(*frame);
    if (!header || header->kind == FrameKind::footer || header->next() > next) return {};
  }
}

}  // namespace millrace::log
