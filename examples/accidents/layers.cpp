// SPDX-License-Identifier: BSL-1.0
#include "layers.hpp"

#include "alarm.hpp"
#include "common/letter.hpp"
#include "common/paced.hpp"
#include "millrace/cloudwatch/recorder.hpp"
#include "millrace/file/csv.hpp"
#include "millrace/file/lines_sink.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/log/source.hpp"
#include "millrace/log/transactional_sink.hpp"
#include "millrace/sns/recorder.hpp"
#include "millrace/store/lake_sink.hpp"
#include "pipeline.hpp"

namespace accidents {

using namespace millrace;

namespace {

// What goes into streams, files and the lake is visible once its checkpoint is decided, so that a
// start after a kill leaves nothing out and nothing twice. The recorders know what came before by
// its id.

log::TransactionalSink stream_sink(const Config& c, std::string_view name) {
  return log::TransactionalSink(c.path(name), {.log = {.shards = c.shards}});
}

file::LinesSink lines_sink(const Config& c, std::string_view name) {
  return file::LinesSink(c.path(name), Guarantee::exactly_once);
}

void keep_letters(Topology& t, const Config& c, std::string_view name) {
  t.dead_letters()
      .map("letter", examples::to_letter)
      .encode("letter-line", json::lines({.invalid_utf8 = json::InvalidUtf8::replace}))
      .to("rejects", lines_sink(c, "rejects/" + std::string(name) + ".jsonl"));
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
  stream_1.to("lake", store::ExactlyOnceLakeSink(std::move(lake), c.lake));
  const Analysis results = analysis(stream_1, c.analysis);
  results.severe.to("stream-2", stream_sink(c, "stream-2"));
  results.totals.to("totals", lines_sink(c, "totals.jsonl"));
  results.late.to("late", lines_sink(c, "late.jsonl"));
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
