// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/describe.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/time.hpp"

namespace millrace::firehose {

/// The codes of records that a delivery could not process.
/// Source: the developer guide lists the first four among its error logs, and names
/// activePartitionExceeded as the prefix of such records. The next three are in error objects of
/// real streams, as public repositories quote them. The last three are ours: the service does not
/// say what it calls those.
namespace error_code {
inline constexpr std::string_view missing_record_id = "Lambda.MissingRecordId";
inline constexpr std::string_view duplicated_record_id = "Lambda.DuplicatedRecordId";
inline constexpr std::string_view json_processing = "Lambda.JsonProcessingException";
inline constexpr std::string_view invoke_limit_exceeded = "Lambda.InvokeLimitExceeded";
inline constexpr std::string_view active_partition_exceeded = "activePartitionExceeded";
inline constexpr std::string_view function_error = "Lambda.FunctionError";
inline constexpr std::string_view processing_failed = "Lambda.ProcessingFailedStatus";
inline constexpr std::string_view metadata_extraction_failed =
    "DynamicPartitioning.MetadataExtractionFailed";
inline constexpr std::string_view record_too_large = "RecordTooLarge";
inline constexpr std::string_view invalid_aggregate = "Kpl.InvalidAggregate";
inline constexpr std::string_view invalid_sub_records = "MultiRecordDeaggregation.Failed";
}  // namespace error_code

/// What every failed record says.
struct Attempt {
  std::uint32_t attempts_made = 1;
  Timestamp arrival{};
  std::string_view error_code = {};
  std::string_view error_message = {};
  Timestamp ended{};               ///< of the last attempt
  std::string_view raw_data = {};  ///< the original record's bytes
};

/// How the transform's name is spelled, about which the sources differ.
enum class LambdaArnName : unsigned char {
  lambda_arn,           ///< `lambdaArn`, as the developer guide has it
  lambda_arn_capitals,  ///< `lambdaARN`, as delivered objects have it
};

/// The document that could not be indexed.
struct FailedDocument {
  std::string_view id = {};
  std::string_view index = {};
  std::string_view type = {};
};

/// Whose names an index's failures use.
enum class SearchService : unsigned char {
  managed,     ///< esDocumentId, esIndexName, esTypeName
  serverless,  ///< osDocumentId, osIndexName
};

/// The table that a format conversion was asked for.
struct CatalogTable {
  std::string catalog_id = {};
  std::string database_name = {};
  std::string table_name = {};
  std::string region = {};
  std::string version_id = {};
  std::string catalog_arn = {};
};

constexpr auto describe(type<CatalogTable>) {
  return fields("catalogId", &CatalogTable::catalog_id, "databaseName",
                &CatalogTable::database_name, "tableName", &CatalogTable::table_name, "region",
                &CatalogTable::region, "versionId", &CatalogTable::version_id, "catalogArn",
                &CatalogTable::catalog_arn);
}

/// Where in its stream a record was.
struct RecordPlace {
  std::string_view sequence_number = {};
  std::uint64_t sub_sequence_number = 0;
};

/// Each gives one line of an error object, a JSON object without its line break, with the members
/// of Firehose's documentation in its order. Times are milliseconds since 1970, raw data is base64;
/// a message that is not UTF-8 has its bad bytes escaped one by one. They never fail.
/// Source: Firehose developer guide, data delivery failure handling.
MILLRACE_EXPORT std::string processing_failed(const Attempt& attempt, std::string_view lambda_arn,
                                              LambdaArnName name = LambdaArnName::lambda_arn);
MILLRACE_EXPORT std::string index_failed(const Attempt& attempt, const FailedDocument& document,
                                         SearchService service = SearchService::managed);
MILLRACE_EXPORT std::string format_conversion_failed(const Attempt& attempt,
                                                     const RecordPlace& place,
                                                     const CatalogTable& table);
MILLRACE_EXPORT std::string http_endpoint_failed(const Attempt& attempt, const RecordPlace& place,
                                                 std::string_view data_id);

}  // namespace millrace::firehose
