// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/file.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

/// Looks at a stream's files without changing them, also while nobody has it open. What is shown is
/// what recovery would keep.
namespace millrace::log {

/// A record with its place. Lifetime: the views last for the call that hands it over.
struct StoredRecord {
  std::uint32_t shard = 0;
  std::uint64_t sequence = 0;
  Timestamp arrival{};
  std::string_view key;
  std::string_view data;
};
/// Takes a record; false ends the walk.
using OnRecord = std::function<bool(const StoredRecord&)>;

struct Inspection {
  std::uint64_t records = 0;
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;         ///< of the segments, without what would be cut
  std::uint64_t ended_shards = 0;  ///< that were sealed
  /// What is strange but does not stop recovery, or only stops appends: a torn tail, records that
  /// were published as durable and are missing.
  std::vector<std::string> warnings;
};

/// Walks all records of one shard or of all, shard by shard, in order. A log whose end was lost is
/// shown up to there, with a warning.
/// Errors: not_found, corrupted (file and offset named), unsupported, io.
MILLRACE_EXPORT Result<Inspection> dump(Fs& fs, const std::string& directory,
                                        std::optional<std::uint32_t> shard,
                                        const OnRecord& on_record);

/// Checks every byte that records depend on: headers, frames, records, footers, order. Indexes are
/// caches and no part of it.
/// Errors: those of dump(), for the first damage; records that were published as durable and are
/// missing are one.
MILLRACE_EXPORT Result<Inspection> verify(Fs& fs, const std::string& directory);

/// The last `count` records of a shard, in order. Errors: those of dump().
MILLRACE_EXPORT Result<Inspection> tail(Fs& fs, const std::string& directory, std::uint32_t shard,
                                        std::uint64_t count, const OnRecord& on_record);

/// One line without its end:
/// {"shard":0,"sequence":12,"arrival":"2026-01-31T23:59:59.000001Z","key":"k","data":"..."}.
/// Bytes that are not UTF-8 come as "key_base64" or "data_base64".
MILLRACE_EXPORT std::string to_json(const StoredRecord& record);

}  // namespace millrace::log
