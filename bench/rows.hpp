// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include "harness.hpp"
#include "millrace/core/units.hpp"

namespace bench::rows {

/// Records of keys that are counted: each key once, then keys at random.
struct Input {
  std::uint64_t keys;
  std::uint64_t records;
  /// What the counts may take of memory: a tenth of what they are, unless it is said.
  millrace::ByteSize given{};
  millrace::ByteSize memory() const {
    return given.bytes != 0 ? given : millrace::ByteSize{keys * row_bytes / 10};
  }
  /// A key of 8 bytes with its group, and a count with its field and length.
  static constexpr std::uint64_t row_bytes = 9 + 14;
};

/// RocksDB alone: of each 256 keys a MultiGet and a WriteBatch, with the library's settings.
Check loop(const Input& input);
/// A keyed process step that counts.
Check library_rocksdb(const Input& input);
Check library_memory(const Input& input);

}  // namespace bench::rows
