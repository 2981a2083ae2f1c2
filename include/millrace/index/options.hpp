// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/units.hpp"

namespace millrace::index {

using namespace millrace::literals;

/// When a bulk returns, and so what a power loss can take of what it was told; the idea and the
/// names are those of log::Durability. A killed process loses nothing under any of them.
enum class Durability : unsigned char {
  /// After a sync: nothing acknowledged is lost (SQLite's synchronous = FULL).
  fsync,
  /// After the write; synced when the write-ahead log is folded into the file, on flush() and on
  /// close. Lost: the bulks since then, whole ones only (synchronous = NORMAL).
  interval,
  /// Never synced. A power loss can damage the file (synchronous = OFF): for what can be built
  /// anew.
  none,
};

/// What a write to an index that is not there does.
enum class AutoCreate : unsigned char {
  yes,  ///< makes it with a dynamic mapping, as OpenSearch does
  no,   ///< the item fails: 404 index_not_found_exception
};

struct Options {
  Durability durability = Durability::fsync;
  AutoCreate auto_create = AutoCreate::yes;
  /// Pages kept in memory.
  ByteSize cache = 32_MiB;
  /// The write-ahead log is folded into the file when it is larger.
  ByteSize write_ahead = 16_MiB;
};

}  // namespace millrace::index
