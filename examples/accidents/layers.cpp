// SPDX-License-Identifier: BSL-1.0
#include "layers.hpp"

#include "alarm.hpp"
#include "common/letter.hpp"
#include "common/paced.hpp"
#include "millrace/cloudwatch/recorder.hpp"
#include "millrace/file/csv.hpp"
#include "millrace/file/lines_sink.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/log/sink.hpp"
#include "millrace/log/source.hpp"
#include "millrace/sns/recorder.hpp"
#include "millrace/store/lake_sink.hpp"
#include "pipeline.hpp"

namespace accidents {

using namespace millrace;

namespace {

/// Synced every few milliseconds; a snapshot waits for all of it, so that nothing is lost.
log::Sink stream_sink(const Config& c, std::string_view name) {
  return log::Sink(c.path(name), {.shards = c.shards, .durability = log::Durability::interval});
}

void keep_letters(Topology& t, const Config& c, std::string_view name) {
  t.dead_letters()
      .map("letter", examples::to_letter)
      .encode("letter-line", json::lines({.invalid_utf8 = json::InvalidUtf8::replace}))
      .to("rejects", file::LinesSink(c.path("rejects/" + std::string(name) + ".jsonl")));
}

}  // namespace

Topology producer(const Config& c) {
  Topology t{"accidents-producer"};
  using Rows = examples::Paced<file::CsvSource>;
  auto rows = t.source("csv", Rows(file::csv(c.input), c.rate),
                       {.batch_records = Rows::batch_records(c.rate)})
                  .parallelism(1);
  incidents(rows, c.stamp).to("stream-1", stream_sink(c, "stream-1"));
  keep_letters(t, c, "producer");
  return t;
}

Topology analyst(Env& env, const Config& c) {
  Topology t{"accidents-analyst"};
  auto stream_1 = t.source("stream-1", log::Source(c.path("stream-1"), {.start = c.start}));
  auto lake = store::Directory::open(env, c.path("lake")).value();
  stream_1.to("lake", store::LakeSink(std::move(lake), c.lake));
  const Analysis results = analysis(stream_1, c.analysis);
  results.severe.to("stream-2", stream_sink(c, "stream-2"));
  results.totals.to("totals", file::LinesSink(c.path("totals.jsonl")));
  results.late.to("late", file::LinesSink(c.path("late.jsonl")));
  keep_letters(t, c, "analyst");
  return t;
}

Topology watcher(const Config& c) {
  Topology t{"accidents-watcher"};
  const Watch found = watch(t.source("stream-2", log::Source(c.path("stream-2"))));
  found.counted.map("datum", to_datum).to("metric", cloudwatch::Recorder(c.path("metrics")));
  found.alarming.map("alert", to_alert).to("alerts", sns::Recorder(c.path("alerts")));
  keep_letters(t, c, "watcher");
  return t;
}

}  // namespace accidents
