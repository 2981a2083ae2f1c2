// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>

#include "millrace/core/file.hpp"

namespace millrace::log {

/// What a shard's writers tell each other and the readers, in the file "published" of the shard.
/// It is written after the sync of what it speaks of and never synced itself: a power loss leaves
/// an older one or none, and recovery makes it anew.
struct Published {
  std::uint64_t generation = 0;  // grows by one a write
  std::uint64_t epoch = 0;       // grows when a tail was cut: what others remember of it is void
  std::uint64_t segment = 0;     // base offset of the last segment
  std::uint64_t position = 0;    // end of its frames
  std::uint64_t readable = 0;    // readers never pass this offset
  std::uint64_t durable = 0;     // records below it are synced
  std::uint64_t durable_position = 0;  // end of those in the last segment
  bool ended = false;                  // the shard was sealed: nothing comes after `readable`
  bool rolling = false;                // a writer was changing segments: look at the directory
  bool poisoned = false;  // a sync failed: what lies past durable_position may be in memory only
};

/// The file holds two copies that are written in turn, so that one is whole at any time.
/// Nothing when neither is valid. Errors: io.
Result<std::optional<Published>> read_published(File& file);
Result<void> write_published(File& file, const Published& published);

}  // namespace millrace::log
