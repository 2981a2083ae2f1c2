// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/core/time.hpp"
#include "millrace/firehose/partition_keys.hpp"
#include "millrace/firehose/time_format.hpp"
#include "millrace/firehose/time_zone.hpp"

namespace millrace::firehose {

/// What objects a prefix is for.
enum class PrefixKind : unsigned char { delivery, error };

enum class DynamicPartitioning : unsigned char { off, on };

/// What is appended to a delivery prefix that has expressions, but none of a time, such as
/// `a/!{firehose:random-string}/`.
enum class DefaultDate : unsigned char {
  append,   ///< as the developer guide says
  nothing,  ///< as emulators do
};

/// What stands between a delivery prefix without a time and the date appended to it.
enum class DateSeparator : unsigned char {
  none,   ///< as the service does: `legacy` gives `legacy2026/07/13/14/`
  slash,  ///< as an example of the developer guide shows it; none after a '/'
};

struct PrefixOptions {
  PrefixKind kind = PrefixKind::delivery;
  /// On: partition keys may be used, and no date is appended.
  DynamicPartitioning dynamic_partitioning = DynamicPartitioning::off;
  /// When given, the names that `!{partitionKeyFromQuery:name}` may use: KeyQuery::names().
  std::optional<std::vector<std::string>> query_keys = {};
  DefaultDate default_date = DefaultDate::append;
  DateSeparator date_separator = DateSeparator::none;
};

/// What an expansion needs. Only the parts that the prefix uses are looked at.
struct PrefixValues {
  /// The approximate arrival time of the object's oldest record.
  Timestamp arrival{};
  const TimeZone& zone;
  Rng& rng;
  const PartitionKeys* keys = nullptr;
  /// One of error_output_type's, for an error prefix.
  std::string_view error_output_type = {};
};

/// What `!{firehose:error-output-type}` becomes.
namespace error_output_type {
inline constexpr std::string_view processing_failed = "processing-failed";
inline constexpr std::string_view opensearch_failed = "AmazonOpenSearchService-failed";
inline constexpr std::string_view splunk_failed = "splunk-failed";
inline constexpr std::string_view format_conversion_failed = "format-conversion-failed";
inline constexpr std::string_view http_endpoint_failed = "http-endpoint-failed";
}  // namespace error_output_type

/// The beginning of delivered objects' keys: text with expressions `!{namespace:value}`.
///
///     raw/year=!{timestamp:yyyy}/month=!{timestamp:MM}/
///     c=!{partitionKeyFromQuery:customer_id}/!{firehose:random-string}/
///     failed/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/
///
/// A delivery prefix without a time goes on with `yyyy/MM/dd/HH/`, an error prefix without any
/// expression with the error's type and that. All times of one expansion are the arrival time in
/// whole seconds; each random string is its own.
/// Threads: any. Source: Firehose developer guide, custom prefixes; its contradictions are
/// PrefixOptions.
class MILLRACE_EXPORT Prefix {
 public:
  /// Characters of a prefix as written, and of what it becomes.
  static constexpr std::size_t expression_max = 1024;
  static constexpr std::size_t expanded_max = 512;

  /// The default of a delivery: `yyyy/MM/dd/HH/`.
  Prefix();

  /// Errors: invalid_input for `!{` that starts no expression, an unknown namespace or value, a
  /// time pattern that TimePattern refuses, error-output-type in a delivery prefix or missing from
  /// an error prefix with expressions, partition keys in an error prefix, without dynamic
  /// partitioning or not defined; limit_exceeded past 1024 bytes. Messages name the column in
  /// bytes, from 1, and what to write.
  static Result<Prefix> parse(std::string_view expression, const PrefixOptions& options = {});

  /// The key's beginning.
  /// Errors: not_found for a partition key that is missing or empty (the record belongs to the
  /// error prefix then); limit_exceeded when the result is longer than 512 bytes.
  Result<std::string> expand(const PrefixValues& values) const;

  /// Appends the values of the partition keys that this prefix uses, so that two records belong in
  /// one object exactly when the same bytes were appended; nothing when it uses none.
  /// Errors: not_found as in expand(). Cost: no allocation once `out` has its capacity.
  Result<void> append_partition(const PartitionKeys& keys, std::string& out) const;

  bool has_expressions() const { return has_expressions_; }
  bool uses_keys() const;
  /// As written, before anything was appended.
  const std::string& expression() const { return expression_; }

 private:
  enum class PartKind : unsigned char { text, time, random, error_type, query_key, lambda_key };
  struct Part {
    PartKind kind{};
    std::string text;
    TimePattern pattern;
    std::size_t column = 0;
  };
  class Parser;
  std::string expression_;
  std::vector<Part> parts_;
  bool has_expressions_ = false;
};

/// The two prefixes of one delivery.
struct Prefixes {
  Prefix delivery;
  Prefix error;
};

/// Parses both and checks the rule that ties them: without an error prefix, the prefix may have no
/// expression; errors go to `<prefix><error-output-type>/yyyy/MM/dd/HH/` then.
/// Errors: those of parse(), beginning with which of the two it is; `options.kind` is not looked
/// at.
MILLRACE_EXPORT Result<Prefixes> parse_prefixes(std::optional<std::string_view> delivery,
                                                std::optional<std::string_view> error,
                                                const PrefixOptions& options = {});

}  // namespace millrace::firehose
