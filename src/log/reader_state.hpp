// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "millrace/log/format.hpp"
#include "millrace/log/log.hpp"
#include "millrace/log/reader.hpp"
#include "recovery.hpp"

namespace millrace::log {

struct ShardReader::State {
  State(Env& e, std::string stream_directory, std::uint32_t shard, Start from, Stop until)
      : env(e), stream(std::move(stream_directory)), start(from), stop(until) {
    place.index = shard;
    place.directory = stream + '/' + shard_name(shard);
  }

  Env& env;
  std::string stream;
  ShardPlace place;
  Start start;
  Stop stop;
  std::unique_ptr<File> slot;

  // Offsets of records.
  bool resolved = false;
  std::uint64_t next = 0;             // the one to give out next
  std::uint64_t readable = 0;         // published when last looked
  std::uint64_t stop_at = Ack::none;  // given by `stop`
  bool ended = false;

  // The segment that is being read.
  std::unique_ptr<File> segment;
  std::uint64_t base = 0;
  std::uint64_t id = 0;
  std::uint64_t position = 0;  // of the first frame that is not in the chunk

  // The chunk: whole frames that were verified and published.
  ArenaRef arena;
  const char* at = nullptr;  // the next frame
  const char* chunk_end = nullptr;
  std::uint64_t chunk_next = 0;  // offset after the chunk's last record
  RecordCursor records;          // of the frame before `at`
  std::uint64_t skip = 0;        // of its records, the ones before `next`

  std::uint64_t loaded_until() const { return std::min(chunk_next, stop_at); }
  Error past_the_end() const;

  // reader_locate.cpp
  Result<void> resolve();
  Result<void> open_stream();
  Result<void> refresh();
  Result<void> resolve_time(const std::vector<std::uint64_t>& bases);
  Result<void> search_segment(Timestamp time, bool sealed);
  Result<void> locate();
  Result<void> open_segment(std::uint64_t segment_base);
  Result<void> skip_frames();
  Error trimmed(std::uint64_t first) const;

  // reader_chunk.cpp
  Result<void> load_chunk(ArenaPool& arenas);
  Result<std::uint64_t> read_into_arena(ArenaPool& arenas, std::uint32_t size);
  enum class Walked : unsigned char { some, none, too_short, segment_end };
  Walked walk(std::string_view chunk, std::uint64_t& need);
  Result<bool> next_frame();
};

}  // namespace millrace::log
