// SPDX-License-Identifier: BSL-1.0
// How a reader gets frames into arenas.
#include "bytes.hpp"
#include "reader_state.hpp"

namespace millrace::log {

// Reads from `position` into a new arena; the number of bytes.
Result<std::uint64_t> ShardReader::State::read_into_arena(ArenaPool& arenas, std::uint32_t size) {
  arena = arenas.take(size);
  auto n = segment->read_at(position, {arena->data(), arena->capacity()});
  if (!n) return n.take_error();
  return std::uint64_t{*n};
}

// Verifies the frames of the chunk that were published. `position` moves behind them.
ShardReader::State::Walked ShardReader::State::walk(std::string_view chunk, std::uint64_t& need) {
  at = chunk_end = chunk.data();
  std::uint64_t offset = next;
  Walked result = Walked::none;
  while (offset < readable) {
    const auto rest = chunk.substr(static_cast<std::size_t>(chunk_end - chunk.data()));
    const auto header = peek_frame(rest);
    need = header ? header->size() : frame_header_size;
    if (rest.size() < need) return result == Walked::some ? result : Walked::too_short;
    if (!header || !verify_frame(rest.substr(0, need), id, position)) return result;
    // A footer below other frames is met again, when they are used up.
    if (header->kind == FrameKind::footer)
      return result == Walked::some ? result : Walked::segment_end;
    position += need;
    chunk_end += need;
    if (header->count == 0) {
      if (result != Walked::some) at = chunk_end;
      continue;
    }
    // Contiguous by recovery's rules; the first frame may begin before `next`.
    if (header->base > offset || header->next() <= offset) return result;
    result = Walked::some;
    offset = chunk_next = header->next();
  }
  return result;
}

Result<void> ShardReader::State::load_chunk(ArenaPool& arenas) {
  if (!segment)
    if (auto done = locate(); !done) return done;
  records = {};
  std::uint64_t need = 0;
  auto n = read_into_arena(arenas, 0);
  if (!n) return n.take_error();
  const std::uint64_t from = position;
  Walked walked = walk({arena->data(), *n}, need);
  if (walked == Walked::too_short && *n == arena->capacity() && position == from) {
    n = read_into_arena(arenas, static_cast<std::uint32_t>(need));
    if (!n) return n.take_error();
    walked = walk({arena->data(), *n}, need);
  }
  if (walked == Walked::segment_end) return open_segment(next);
  if (walked == Walked::some || position != from) return {};
  return corrupted_at(place.segment_path(base), position,
                      concat("the frame of record ", next, " can't be read, and records below ",
                             readable, " were published"));
}

// Goes to the next frame of the chunk that has records; false at the chunk's end.
Result<bool> ShardReader::State::next_frame() {
  if (!records.ok())
    return corrupted_at(
        place.segment_path(base), position,
        concat("the frame before has other records than it says, near record ", next));
  while (at != chunk_end) {
    const std::string_view rest(at, static_cast<std::size_t>(chunk_end - at));
    const auto header = peek_frame(rest);
    at += header->size();
    if (header->count == 0) continue;
    records = RecordCursor(rest.substr(0, header->size()));
    skip = next - header->base;
    return true;
  }
  return false;
}

}  // namespace millrace::log
