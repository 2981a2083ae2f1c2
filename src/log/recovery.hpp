// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "segment.hpp"
#include "slot.hpp"
#include "stream_info.hpp"

namespace millrace::log {

/// Which shard, where.
struct ShardPlace {
  std::string directory;  // of the shard
  std::uint32_t index = 0;
  std::uint64_t stream_id = 0;

  std::string segment_path(std::uint64_t base) const {
    return directory + '/' + segment_name(base);
  }
  std::uint64_t segment_id_of(std::uint64_t base) const {
    return segment_id(stream_id, index, base);
  }
};

/// What is on the disk, found without changing it.
struct Findings {
  std::vector<std::uint64_t> bases;  // of the segments, ascending; the last one is the active one
  Tail tail;                         // of the last segment, valid unless `unborn`
  /// The last segment was being made when the lights went out: no header, no frame. To be made
  /// anew.
  bool unborn = false;
  std::uint64_t file_size = 0;  // of the last segment; bytes past tail.position are to be cut
  bool torn = false;            // something other than zeros is there
  std::optional<Published> published;
  /// So that the last segment can be made anew.
  bool holds_no_record() const { return unborn || (tail.next == tail.base && !tail.footer); }
  /// Records that were published as durable and are not there: damage, unless one only looks.
  std::uint64_t missing = 0;
};

/// Checks every sealed segment's footer, scans the last segment and decides what its end is.
/// Errors: corrupted, naming file and offset: a sealed segment without its footer, a gap, a bad
/// frame with a valid one after it that was written when the bad one was synced. Whether `missing`
/// records are an error is the caller's business: see refuse_missing().
Result<Findings> examine(Fs& fs, const ShardPlace& place);
/// corrupted when records are missing that were published as durable.
Result<void> refuse_missing(const Findings& findings, const ShardPlace& place);

/// Base offsets of the segments, ascending. Errors: io; none at all when the directory is missing.
Result<std::vector<std::uint64_t>> list_segments(Fs& fs, const ShardPlace& place);

/// Errors: corrupted or unsupported, with the file's name, when the header is not that of segment
/// `base` of this shard.
Result<void> check_segment_header(File& file, const ShardPlace& place, std::uint64_t base);

/// "<file> at offset <n>: <what>"
Error corrupted_at(const std::string& path, std::uint64_t position, std::string_view what);

}  // namespace millrace::log
