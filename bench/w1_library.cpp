// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <span>

#include "millrace/file/csv.hpp"
#include "millrace/file/lines_sink.hpp"
#include "millrace/formats/csv.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/millrace.hpp"
#include "replay.hpp"
#include "w1.hpp"

namespace bench::w1 {
namespace {

using namespace millrace;

// Members in the order in which they are converted: the time before the severity that is judged.
struct Accident {
  Text id;
  Timestamp start_time;
  int severity = 0;
  Text city;
  Text county;
};
constexpr auto describe(millrace::type<Accident>) {
  return millrace::fields("ID", &Accident::id, "Start_Time", &Accident::start_time, "Severity",
                          &Accident::severity, "City", &Accident::city, "County",
                          &Accident::county);
}
struct Severe {
  Text id;
  int severity = 0;
  Timestamp start_time;
  Text city;
  Text county;
};
constexpr auto describe(millrace::type<Severe>) {
  return millrace::fields("id", &Severe::id, "severity", &Severe::severity, "start_time",
                          &Severe::start_time, "city", &Severe::city, "county", &Severe::county);
}

/// A CSV text in memory as a source of rows.
struct Rows {
  using value_type = csv::Row;
  std::string_view rest;
  csv::RecordSplitter splitter{};
  Text header{};

  ReadStatus read(Batch<csv::Row>& out, Context&) {
    if (header.empty()) {
      rest.remove_prefix(
          splitter.split(rest, millrace::Input::ended, std::span(&header, 1)).consumed);
    }
    const std::span<csv::Row> rows(out.writable(), out.room());
    const Split split = splitter.split(rest, millrace::Input::ended, header, rows);
    rest.remove_prefix(split.consumed);
    std::fill_n(out.writable_times(), split.records, Timestamp());
    out.resize(static_cast<std::uint32_t>(split.records));
    return split.stop == Split::Stop::ended ? ReadStatus::end : ReadStatus::more;
  }
  Position position() const { return {}; }
  void resume(const Position&) {}
};

struct Summing {
  Sink* sink;
  void write(const Batch<Message>& lines, Context&) {
    for (std::uint32_t i = 0; i < lines.size(); ++i) sink->take(lines[i].data);
  }
};

/// A row that is not severe is rejected as soon as that is known.
Stream<Accident> severe(Stream<csv::Row> rows) {
  return rows.decode("parse",
                     csv::as<Accident>().where(&Accident::severity, [](int s) { return s > 3; }));
}
/// All fields of all rows are converted first.
Stream<Accident> severe_strictly(Stream<csv::Row> rows) {
  return rows.decode("parse", csv::as<Accident>()).filter("severe", [](const Accident& a) {
    return a.severity > 3;
  });
}
Stream<Message> to_json(Stream<Accident> accidents) {
  return accidents
      .map("project",
           [](const Accident& a) {
             return Severe{a.id, a.severity, a.start_time, a.city, a.county};
           })
      .encode("json", json::value());
}

}  // namespace

Check library(const Input& input, Replay* replay) {
  Sink sink;
  Topology topology("w1");
  const auto rows = [&] { return Rows{input.text()}; };
  auto source =
      replay ? topology.source("rows", Replayed(rows, *replay)) : topology.source("rows", rows());
  to_json(severe(source)).to("sum", Summing{&sink});
  Pipeline(std::move(topology), replay ? replay->options : PipelineOptions{}).run();
  return sink.check;
}

Check library_strict(const Input& input) {
  Sink sink;
  Topology topology("w1");
  to_json(severe_strictly(topology.source("rows", Rows{input.text()}))).to("sum", Summing{&sink});
  Pipeline(std::move(topology)).run();
  return sink.check;
}

void library_file(const std::string& from, const std::string& to) {
  Topology topology("w1");
  to_json(severe(topology.source("rows", file::csv(from)))).to("lines", file::LinesSink(to));
  Pipeline(std::move(topology)).run();
}

}  // namespace bench::w1
