// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::firehose {

/// Where a partition key's value comes from.
enum class KeyOrigin : unsigned char {
  query,   ///< a field of the record: `!{partitionKeyFromQuery:name}`
  lambda,  ///< the transform's metadata: `!{partitionKeyFromLambda:name}`
};

/// One record's partition keys. clear() keeps the capacity, so that one object serves all records.
class MILLRACE_EXPORT PartitionKeys {
 public:
  struct Entry {
    KeyOrigin origin{};
    std::string name;
    std::string value;
  };
  /// A later value of the same name replaces the earlier one.
  void set(KeyOrigin origin, std::string_view name, std::string_view value);
  /// nullptr when there is none.
  const std::string* find(KeyOrigin origin, std::string_view name) const;
  void clear() { used_ = 0; }
  std::size_t size() const { return used_; }
  /// In the order in which they were set.
  const Entry& operator[](std::size_t i) const { return entries_[i]; }

 private:
  std::vector<Entry> entries_;
  std::size_t used_ = 0;
};

/// The fields of a JSON record that become partition keys: the part of jq's language that names
/// fields, written as Firehose's MetadataExtractionQuery.
///
///     {customer_id: .customer_id, device: .type.device, first: .items[0].id}
///
/// A path is `.name`, `."any name"`, `.["any name"]` or `[0]`, one after another; blanks are free.
/// Threads: any. Source: Firehose developer guide, dynamic partitioning; jq 1.6 manual.
class MILLRACE_EXPORT KeyQuery {
 public:
  /// The most keys that Firehose takes.
  static constexpr std::size_t keys_max = 50;

  /// Errors: invalid_input, with the column in bytes from 1, for what is not such an object, and
  /// for a key that comes twice; unsupported for the rest of jq (pipes, functions, arithmetic);
  /// limit_exceeded past 50 keys.
  static Result<KeyQuery> parse(std::string_view text);

  /// The keys' names, in their order.
  std::vector<std::string> names() const;

  /// Looks the keys up in a record and sets them in `out`. Numbers and true, false come as they are
  /// written in the record.
  /// Errors: invalid_input for a record that is not one JSON text, and for a key that is missing,
  /// null, empty, an object or an array; the message names key and path.
  Result<void> extract(std::string_view record, PartitionKeys& out) const;

 private:
  struct PathStep {
    std::string name;
    std::size_t index = 0;
    bool is_index = false;
  };
  struct Key {
    std::string name;
    std::vector<PathStep> path;
  };
  class Parser;
  class Finder;
  std::vector<Key> keys_;
};

}  // namespace millrace::firehose
