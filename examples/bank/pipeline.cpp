// SPDX-License-Identifier: BSL-1.0
#include "pipeline.hpp"

#include <algorithm>

#include "fields.hpp"
#include "millrace/formats/json.hpp"

namespace bank {

using namespace millrace;
using namespace millrace::firehose;
using namespace std::chrono_literals;

namespace {

/// The Lambda function of the drawing: a row becomes a JSON object, or it failed.
void to_json(std::span<const TransformRecord> rows, TransformOutput& out) {
  ArenaPool arenas;
  TextWriter json(arenas);
  Client client;
  for (const TransformRecord& row : rows) {
    if (split_row(row.data, client) && json::lines().encode(client, json))
      out.ok(row.id, json.run());
    else
      out.failed(row.id);
    json.discard();
  }
}

/// What both deliveries have: the same buffers, and a transform each.
DeliveryOptions buffered(const Buffering& buffering, std::string name, Duration time_limit) {
  DeliveryOptions options;
  options.size = buffering.size;
  options.interval = buffering.interval;
  if (!buffering.spool.empty()) {
    options.guarantee = Guarantee::exactly_once;
    options.spool = buffering.spool + '/' + name;
  }
  options.naming.stream = std::move(name);
  options.transform = {to_json,
                       {.size = 1_MiB,
                        .interval = std::min<Duration>(60s, buffering.interval),
                        .time_limit = time_limit,
                        .retries = 3}};
  return options;
}

}  // namespace

Stream<Message> piped_rows(Stream<csv::Row> rows) {
  return rows.flat_map<Message>("pipe", pipe_row);
}

Deliveries deliver(Stream<Message> data, Destination index, Destination backup, Destination lake,
                   const Buffering& buffering) {
  DeliveryOptions to_index = buffered(buffering, "to-index", 60s);
  to_index.retry.duration = 300s;
  to_index.backup = {
      .destination = backup,
      .size = 5'000'000_B,
      .interval = 60s,
      .prefix = "es/",
      .error_prefix = "es/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/"};

  DeliveryOptions to_lake = buffered(buffering, "to-lake", 130s);
  to_lake.delimiter = "\n";
  to_lake.delimiter_place = DelimiterPlace::after_each;

  Delivery first(index, to_index), second(lake, to_lake);
  Deliveries counts{first.metrics(), second.metrics()};
  data.to("index1", std::move(first));
  data.to("lake", std::move(second));
  return counts;
}

}  // namespace bank
