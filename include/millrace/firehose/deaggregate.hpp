// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/log/hash_key.hpp"

namespace millrace::firehose {

/// One user record of an aggregate. Lifetime: its bytes are those that were parsed.
struct KplRecord {
  std::string_view partition_key;
  std::optional<std::string_view> explicit_hash_key = {};
  std::string_view data = {};
};

/// The hash key that says where the record belongs: its explicit one, else the MD5 of its
/// partition key. Errors: invalid_input for an explicit one that is no number below 2^128;
/// unsupported without MD5.
MILLRACE_EXPORT Result<log::HashKey> hash_key_of(const KplRecord& record);

/// What a record turned out to be.
enum class KplKind : unsigned char {
  plain,      ///< no aggregate: the record stands for itself
  aggregate,  ///< records() holds what was in it, maybe nothing
};

/// Takes apart the aggregated records that the Kinesis Producer Library makes.
///
/// Plain, as for Amazon's own consumer, is whatever has not the magic bytes, is too short, has
/// another MD5 or is no such protobuf message. Every length and index is checked; the order of
/// fields is free, unknown ones are stepped over.
/// Threads: one at a time. Cost: no allocation once it has seen the largest aggregate; an MD5 of
/// the record. Source: amazon-kinesis-producer, aggregation-format.md; protobuf encoding.
class MILLRACE_EXPORT KplAggregate {
 public:
  /// Errors: invalid_input for an aggregate whose record names a partition key or hash key that is
  /// not in its table: the record as a whole belongs to the error path; unsupported, when OpenSSL
  /// refuses MD5.
  Result<KplKind> parse(std::string_view bytes);

  /// In the aggregate's order; a record's sub-sequence number is its index.
  /// Lifetime: until the next parse(), and that of the bytes.
  std::span<const KplRecord> records() const { return records_; }

  /// False when a record's hash key is outside the shard's range: after a reshard, consumers drop
  /// the whole aggregate then. Errors: those of hash_key_of().
  Result<bool> within(const log::HashRange& range) const;

 private:
  std::vector<std::string_view> partition_keys_;
  std::vector<std::string_view> hash_keys_;
  std::vector<KplRecord> records_;
};

/// The aggregate of `records`: equal keys once, in the order of their first use.
/// Errors: unsupported, when OpenSSL refuses MD5.
MILLRACE_EXPORT Result<std::string> kpl_aggregate(std::span<const KplRecord> records);

/// Firehose's SubRecordType.
enum class SubRecordType : unsigned char {
  none,
  json,       ///< JSON texts one after the other, with or without blanks between
  delimited,  ///< bytes with a delimiter between
};

struct SubRecordOptions {
  SubRecordType type = SubRecordType::none;
  std::string delimiter = "\n";   ///< for delimited; Firehose's API has it in base64
  std::size_t records_max = 500;  ///< a record with more is not split
};

/// Splits records that hold several. Threads: one at a time.
class MILLRACE_EXPORT SubRecordSplitter {
 public:
  /// Errors: Failure (invalid_input) for an empty delimiter.
  explicit SubRecordSplitter(SubRecordOptions options = {});

  /// The records in `record`: itself for none, and when there would be more than records_max. The
  /// blanks around a JSON text, and a delimiter at the very end, belong to no record; one without
  /// any record in it gives none.
  /// Errors: invalid_input, with line and column, for bytes that are no JSON.
  /// Lifetime: until the next split(), and that of `record`.
  Result<std::span<const std::string_view>> split(std::string_view record);

 private:
  Result<void> split_json(std::string_view record);
  void split_delimited(std::string_view record);
  SubRecordOptions options_;
  std::vector<std::string_view> parts_;
};

}  // namespace millrace::firehose
