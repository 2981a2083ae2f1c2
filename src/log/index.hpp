// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "segment.hpp"

namespace millrace::log {

/// The sparse index of a sealed segment, by offset and by time. It is a cache beside the segment:
/// made when it is sealed, made anew from the segment when it is missing or damaged.
struct Index {
  std::vector<IndexEntry> entries;

  /// Position of a frame at or before the one that holds `offset`.
  std::uint64_t position_of(std::uint64_t offset) const;
  /// Position of a frame at or before the first that holds a record with arrival >= time.
  std::uint64_t position_at(Timestamp time) const;
};

/// "<segment without .seg>.idx"
std::string index_path(std::string_view segment_path);
/// Best effort: a failure costs a later scan, nothing else.
void store_index(Fs& fs, const std::string& path, std::uint64_t segment_id,
                 const std::vector<IndexEntry>& entries);
/// Reads it, or scans the segment and stores it. Errors: corrupted, io.
Result<Index> load_index(Fs& fs, const std::string& segment_path, File& segment,
                         std::uint64_t segment_id, std::uint64_t base);

}  // namespace millrace::log
