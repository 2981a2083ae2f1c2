// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::log {

/// A point of the 128-bit ring that is divided among the shards.
struct HashKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  constexpr auto operator<=>(const HashKey&) const = default;
};

/// The hash keys of one shard, both ends included.
struct HashRange {
  HashKey first;
  HashKey last;
  constexpr bool operator==(const HashRange&) const = default;
};

/// MD5 of the partition key as a big-endian number.
/// Threads: any. Cost: about 0.2 us. Errors: unsupported, when OpenSSL refuses MD5 (a FIPS
/// provider); give records an explicit hash key there. MD5 only spreads keys here, it protects
/// nothing. Source: Kinesis Data Streams, PutRecord.
MILLRACE_EXPORT Result<HashKey> hash_of(std::string_view partition_key);

/// An ExplicitHashKey: a decimal number below 2^128 without sign or leading zeros.
/// Errors: invalid_input.
MILLRACE_EXPORT Result<HashKey> parse_hash_key(std::string_view decimal);
MILLRACE_EXPORT std::string to_string(HashKey key);

/// Range of shard `index` of `shards`: starts at index * floor(2^128 / shards); the last one ends
/// at 2^128 - 1. Source: Kinesis' even layout.
MILLRACE_EXPORT HashRange range_of(std::uint32_t index, std::uint32_t shards);
/// The shard of that layout that `key` belongs to.
MILLRACE_EXPORT std::uint32_t shard_of(HashKey key, std::uint32_t shards);

}  // namespace millrace::log
