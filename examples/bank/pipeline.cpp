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

Transform transform(Duration time_limit, const Buffering& buffering) {
  return {to_json,
          {.size = 1_MiB,
           .interval = std::min<Duration>(60s, buffering.interval),
           .time_limit = time_limit,
           .retries = 3}};
}

}  // namespace

Stream<Message> piped_rows(Stream<csv::Row> rows) {
  return rows.flat_map<Message>("pipe", pipe_row);
}

Deliveries deliver(Stream<Message> data, Destination index, Destination backup, Destination lake,
                   const Buffering& buffering) {
  Delivery to_index(index, {.size = buffering.size,
                            .interval = buffering.interval,
                            .naming = {.stream = "to-index"},
                            .transform = transform(60s, buffering),
                            .retry = {.duration = 300s},
                            .backup = {.destination = backup,
                                       .size = 5'000'000_B,
                                       .interval = 60s,
                                       .prefix = "es/",
                                       .error_prefix = "es/!{firehose:error-output-type}/"
                                                       "!{timestamp:yyyy/MM/dd/HH}/"}});

  Delivery to_lake(lake, {.size = buffering.size,
                          .interval = buffering.interval,
                          .naming = {.stream = "to-lake"},
                          .delimiter = "\n",
                          .delimiter_place = DelimiterPlace::after_each,
                          .transform = transform(130s, buffering)});

  Deliveries counts{to_index.metrics(), to_lake.metrics()};
  data.to("index1", std::move(to_index));
  data.to("lake", std::move(to_lake));
  return counts;
}

}  // namespace bank
