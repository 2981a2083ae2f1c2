// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/failed_record.hpp"

#include <algorithm>
#include <string>

#include "millrace/core/value_json.hpp"
#include "millrace/firehose/base64.hpp"

namespace millrace::firehose {
namespace {

std::int64_t milliseconds_of(Timestamp time) {
  // The first millisecond of all can't be rounded down.
  time = std::max(time, Timestamp::min() + std::chrono::milliseconds(1));
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

// The members that nearly all kinds of failures share, in their order.
struct Common {
  std::uint32_t attempts_made = 0;
  std::int64_t arrival = 0;
  std::string_view error_code;
  std::string_view error_message;
  std::int64_t ended = 0;
  std::string raw_data;
};

Common common_of(const Attempt& attempt) {
  return {attempt.attempts_made, milliseconds_of(attempt.arrival), attempt.error_code,
          attempt.error_message, milliseconds_of(attempt.ended),   to_base64(attempt.raw_data)};
}

struct Processing : Common {
  std::string_view lambda_arn;
};
constexpr auto describe(type<Processing>) {
  return fields("attemptsMade", &Common::attempts_made, "arrivalTimestamp", &Common::arrival,
                "errorCode", &Common::error_code, "errorMessage", &Common::error_message,
                "attemptEndingTimestamp", &Common::ended, "rawData", &Common::raw_data, "lambdaArn",
                &Processing::lambda_arn);
}

struct ProcessingARN : Processing {};
constexpr auto describe(type<ProcessingARN>) {
  return fields("attemptsMade", &Common::attempts_made, "arrivalTimestamp", &Common::arrival,
                "errorCode", &Common::error_code, "errorMessage", &Common::error_message,
                "attemptEndingTimestamp", &Common::ended, "rawData", &Common::raw_data, "lambdaARN",
                &Processing::lambda_arn);
}

struct Managed : Common {
  std::string_view id, index, type;
};
constexpr auto describe(millrace::type<Managed>) {
  return fields("attemptsMade", &Common::attempts_made, "arrivalTimestamp", &Common::arrival,
                "errorCode", &Common::error_code, "errorMessage", &Common::error_message,
                "attemptEndingTimestamp", &Common::ended, "esDocumentId", &Managed::id,
                "esIndexName", &Managed::index, "esTypeName", &Managed::type, "rawData",
                &Common::raw_data);
}

struct Serverless : Common {
  std::string_view id, index;
};
constexpr auto describe(type<Serverless>) {
  return fields("attemptsMade", &Common::attempts_made, "arrivalTimestamp", &Common::arrival,
                "errorCode", &Common::error_code, "errorMessage", &Common::error_message,
                "attemptEndingTimestamp", &Common::ended, "osDocumentId", &Serverless::id,
                "osIndexName", &Serverless::index, "rawData", &Common::raw_data);
}

struct Conversion : Common {
  std::string_view sequence_number;
  std::uint64_t sub_sequence_number = 0;
  CatalogTable table;
};
constexpr auto describe(type<Conversion>) {
  return fields("attemptsMade", &Common::attempts_made, "arrivalTimestamp", &Common::arrival,
                "lastErrorCode", &Common::error_code, "lastErrorMessage", &Common::error_message,
                "attemptEndingTimestamp", &Common::ended, "rawData", &Common::raw_data,
                "sequenceNumber", &Conversion::sequence_number, "subSequenceNumber",
                &Conversion::sub_sequence_number, "dataCatalogTable", &Conversion::table);
}

struct Http : Common {
  std::uint64_t sub_sequence_number = 0;
  std::string_view data_id;
};
constexpr auto describe(type<Http>) {
  return fields("attemptsMade", &Common::attempts_made, "arrivalTimestamp", &Common::arrival,
                "errorCode", &Common::error_code, "errorMessage", &Common::error_message,
                "attemptEndingTimestamp", &Common::ended, "rawData", &Common::raw_data,
                "subsequenceNumber", &Http::sub_sequence_number, "dataId", &Http::data_id);
}

}  // namespace

std::string processing_failed(const Attempt& attempt, std::string_view lambda_arn,
                              LambdaArnName name) {
  const Processing line{common_of(attempt), lambda_arn};
  return name == LambdaArnName::lambda_arn ? ValueJson::of(line)
                                           : ValueJson::of(ProcessingARN{line});
}

std::string index_failed(const Attempt& attempt, const FailedDocument& document,
                         SearchService service) {
  if (service == SearchService::serverless)
    return ValueJson::of(Serverless{common_of(attempt), document.id, document.index});
  return ValueJson::of(Managed{common_of(attempt), document.id, document.index, document.type});
}

std::string format_conversion_failed(const Attempt& attempt, const RecordPlace& place,
                                     const CatalogTable& table) {
  return ValueJson::of(
      Conversion{common_of(attempt), place.sequence_number, place.sub_sequence_number, table});
}

std::string http_endpoint_failed(const Attempt& attempt, const RecordPlace& place,
                                 std::string_view data_id) {
  return ValueJson::of(Http{common_of(attempt), place.sub_sequence_number, data_id});
}

}  // namespace millrace::firehose
