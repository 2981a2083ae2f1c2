// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "millrace/core/time.hpp"
#include "millrace/core/units.hpp"
#include "millrace/log/hash_key.hpp"

namespace millrace::log {

using namespace millrace::literals;

/// When an append returns, and so what a power loss can take of what it was told.
enum class Durability : unsigned char {
  /// After a sync that all appenders of the shard share: nothing acknowledged is lost.
  fsync,
  /// After the write; a sync follows with the first append or flush() past sync_interval. Lost:
  /// what
  /// came since the last sync. Readers see records once they are synced, so they lose nothing.
  interval,
  /// After the write; synced when a segment is full, on flush() and on close. Lost: what the system
  /// had not written. Readers see records at once, so after a power loss they may know records that
  /// are gone, and meet others under the same sequence numbers.
  none,
};

struct Options {
  /// 0: as many as there are, not_found when there is no stream. Otherwise one is made if absent;
  /// conflict when there is one with another number.
  std::uint32_t shards = 0;
  ByteSize segment_size = 64_MiB;
  Durability durability = Durability::fsync;
  /// The longest that Durability::interval leaves an append without a sync, while appends come.
  Duration sync_interval = std::chrono::milliseconds(5);
  /// Records of this many bytes are written and synced together at most.
  ByteSize group_size = 1_MiB;
  /// Room is reserved in steps of this size, so that a full disk shows before anything is written.
  ByteSize reserve = 1_MiB;
  /// Data and key of one record. Source: Kinesis' default limit.
  ByteSize record_limit = 1_MiB;
  /// Sealed segments whose records are all older are removed; zero keeps them.
  Duration retention_time = {};
  /// Oldest segments of a shard are removed while all of them are larger; zero keeps them.
  ByteSize retention_size = {};
};

/// A record to append. Shape: partition key of up to 256 characters; without one and without a hash
/// key the record goes to any shard. Data may be empty.
struct Record {
  std::string_view data;
  std::string_view key = {};
  std::optional<HashKey> hash_key = {};  ///< decides the shard instead of the key's MD5
};

/// Where an appended record is: sequence numbers count the records of a shard from 0.
struct Ack {
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  std::uint32_t shard = 0;
  std::uint64_t sequence = none;
  bool operator==(const Ack&) const = default;
};

}  // namespace millrace::log
