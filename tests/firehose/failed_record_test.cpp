// SPDX-License-Identifier: BSL-1.0
#include "millrace/firehose/failed_record.hpp"

#include "catch.hpp"
#include "millrace/formats/json.hpp"

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono;

namespace {

const Attempt attempt{.attempts_made = 4,
                      .arrival = Timestamp(1'495'072'949'453'999us),
                      .error_code = error_code::function_error,
                      .error_message = "said \"no\"\n",
                      .ended = Timestamp(1'495'072'950'000ms),
                      .raw_data = "hello"};
const std::string head =
    R"({"attemptsMade":4,"arrivalTimestamp":1495072949453,"errorCode":"Lambda.FunctionError",)"
    R"("errorMessage":"said \"no\"\u000a","attemptEndingTimestamp":1495072950000,)";

}  // namespace

TEST_CASE("a record that a transform refused tells the raw bytes and the function") {
  CHECK(processing_failed(attempt, "arn:f") ==
        head + R"("rawData":"aGVsbG8=","lambdaArn":"arn:f"})");
  CHECK(processing_failed(attempt, "arn:f", LambdaArnName::lambda_arn_capitals) ==
        head + R"("rawData":"aGVsbG8=","lambdaARN":"arn:f"})");
}

TEST_CASE("a document that was not indexed tells its id and index") {
  const FailedDocument document{.id = "49.0", .index = "i-2016", .type = ""};
  CHECK(index_failed(attempt, document) ==
        head + R"("esDocumentId":"49.0","esIndexName":"i-2016","esTypeName":"",)" +
            R"("rawData":"aGVsbG8="})");
  CHECK(index_failed(attempt, document, SearchService::serverless) ==
        head + R"("osDocumentId":"49.0","osIndexName":"i-2016","rawData":"aGVsbG8="})");
}

TEST_CASE("a record that was not converted tells the table") {
  CHECK(
      format_conversion_failed(attempt, {.sequence_number = "49", .sub_sequence_number = 2},
                               {.catalog_id = "1",
                                .database_name = "d",
                                .table_name = "t",
                                .region = "r",
                                .version_id = "LATEST",
                                .catalog_arn = "arn:c"}) ==
      R"({"attemptsMade":4,"arrivalTimestamp":1495072949453,"lastErrorCode":"Lambda.FunctionError",)"
      R"("lastErrorMessage":"said \"no\"\u000a","attemptEndingTimestamp":1495072950000,)"
      R"("rawData":"aGVsbG8=","sequenceNumber":"49","subSequenceNumber":2,"dataCatalogTable":)"
      R"({"catalogId":"1","databaseName":"d","tableName":"t","region":"r","versionId":"LATEST",)"
      R"("catalogArn":"arn:c"}})");
}

TEST_CASE("a record that an endpoint refused tells its place") {
  CHECK(http_endpoint_failed(attempt, {.sub_sequence_number = 7}, "id-1") ==
        head + R"("rawData":"aGVsbG8=","subsequenceNumber":7,"dataId":"id-1"})");
}

TEST_CASE("any bytes and any times give one line of JSON") {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  for (const Timestamp time : {start_of_time, end_of_time, Timestamp(-1us)}) {
    const std::string line = processing_failed({.attempts_made = 1,
                                                .arrival = time,
                                                .error_code = bytes,
                                                .error_message = bytes,
                                                .ended = time,
                                                .raw_data = bytes},
                                               bytes);
    CHECK(line.find('\n') == std::string::npos);
    CHECK(json::validate(line));
  }
  CHECK(processing_failed({.arrival = Timestamp(-1us)}, "").find("\"arrivalTimestamp\":-1,") !=
        std::string::npos);
}
