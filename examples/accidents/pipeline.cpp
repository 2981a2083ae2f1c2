// SPDX-License-Identifier: BSL-1.0
#include "pipeline.hpp"

#include "millrace/formats/csv.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/stream/keyed_stream.hpp"

namespace accidents {

using namespace millrace;

namespace {

Severe project(const Incident& i) { return {i.id, i.severity, i.city, i.county, i.txn_timestamp}; }

template <class W>
Total to_total(const W& window) {
  const auto [accidents, distance, mean] = window.value;
  return {window.window.start, window.window.end, window.key, accidents, distance, mean,
          window.fire};
}

}  // namespace

Stream<Message> incidents(Stream<csv::Row> rows, const StampOptions& stamp) {
  return rows.decode("parse-row", csv::as<Accident>())
      .process("stamp", Stamp(stamp))
      .encode("incident", json::lines(), &Accident::severity);
}

Analysis analysis(Stream<Message> stream_1, const AnalysisOptions& o) {
  auto incidents = stream_1.decode("parse-incident", json::as<Incident>())
                       .event_time("txn", &Incident::txn_timestamp,
                                   watermark::bounded_out_of_orderness(o.out_of_orderness)
                                       .idle_after(o.idle_after)
                                       .wait_for_empty());

  auto severe =
      incidents
          .filter("severe", [limit = o.threshold](const Incident& i) { return i.severity > limit; })
          .map("project", project)
          .encode("report", json::lines(), &Severe::severity);

  const auto totals_of =
      agg::all(agg::count(), agg::sum(&Incident::distance_mi), agg::mean(&Incident::distance_mi));
  auto [totals, late] = incidents.key_by(&Incident::severity)
                            .window(tumbling(o.window))
                            .allowed_lateness(o.allowed_lateness)
                            .aggregate_with_late("per-window", totals_of);
  return {severe,
          totals.map("total", [](const auto& w) { return to_total(w); })
              .encode("total-line", json::lines()),
          late.encode("late-line", json::lines())};
}

Watch watch(Stream<Message> stream_2) {
  auto severe = stream_2.decode("parse-severe", json::as<Severe>());
  return {severe.filter("counted", [](const Severe& s) { return s.severity > 2; }),
          severe.filter("alarming", [](const Severe& s) { return s.severity >= 4; })};
}

}  // namespace accidents
