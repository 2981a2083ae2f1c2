// SPDX-License-Identifier: BSL-1.0
// deliver_lake ROWS.csv DIRECTORY GZIP|ZIP: delivers the bank's rows into a lake that is laid out
// as Hive's are, an object a deposit and job, compressed.
#include <cstdio>
#include <exception>
#include <string>

#include "millrace/file/csv.hpp"
#include "millrace/firehose/delivery.hpp"
#include "millrace/formats/csv.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/millrace.hpp"
#include "millrace/runtime/real_env.hpp"

using namespace millrace;

namespace {

struct Row {
  std::string job, deposit;
  std::int64_t balance = 0;
};
constexpr auto describe(type<Row>) {
  return fields("job", &Row::job, "deposit", &Row::deposit, "balance", &Row::balance);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) return 2;
  RealEnv real;
  auto lake = store::Directory::open(real.env(), argv[2]).value();
  firehose::DeliveryOptions options;
  options.prefix =
      "clients/deposit=!{partitionKeyFromQuery:deposit}/job=!{partitionKeyFromQuery:job}/";
  options.error_prefix = "errors/!{firehose:error-output-type}/";
  options.partitioning = {.dynamic = firehose::DynamicPartitioning::on,
                          .query = "{deposit:.deposit,job:.job}"};
  options.naming.compression = firehose::parse_compression(argv[3]).value();
  options.delimiter = "\n";
  Topology t{"deliver"};
  t.source("rows", file::csv(argv[1]))
      .decode("parse", csv::as<Row>())
      .encode("json", json::lines())
      .to("lake", firehose::Delivery{lake, options});
  Pipeline{std::move(t)}.run();
} catch (const std::exception& e) {
  std::fprintf(stderr, "deliver_lake: %s\n", e.what());
  return 1;
}
