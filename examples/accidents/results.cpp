// SPDX-License-Identifier: BSL-1.0
#include "results.hpp"

#include <algorithm>
#include <map>

#include "accident.hpp"
#include "common/files.hpp"
#include "millrace/cloudwatch/recorder.hpp"
#include "millrace/formats/json.hpp"
#include "millrace/sns/recorder.hpp"
#include "millrace/store/lake_layout.hpp"

namespace accidents {
namespace {

using namespace millrace;
using examples::read_file;

Result<std::uint64_t> count_lines(Env& env, const std::string& path) {
  Result<std::string> bytes = read_file(env, path);
  if (!bytes) return bytes.take_error();
  return static_cast<std::uint64_t>(std::count(bytes->begin(), bytes->end(), '\n'));
}

/// The last total of each window and severity: a later one corrects it.
Result<std::vector<ReportTotal>> read_totals(Env& env, const std::string& path) {
  Result<std::string> bytes = read_file(env, path);
  if (!bytes) return bytes.take_error();
  std::map<std::pair<Timestamp, std::int32_t>, ReportTotal> totals;
  ArenaPool arenas;
  TextWriter text(arenas);
  auto decoder = json::as<Total>();
  std::string_view rest = *bytes;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::string_view one = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    Total t;
    if (auto decoded = decoder.decode(Text(one), t, text); !decoded)
      return Error(Errc::invalid_input,
                   path + ":" + std::to_string(line) + ": " + decoded.error().message());
    totals[{t.window_start, t.severity}] = {t.severity, t.window_start, t.accidents, t.distance_mi};
  }
  std::vector<ReportTotal> out;
  for (const auto& [key, total] : totals) out.push_back(total);
  return out;
}

ReportDatum to_report(const cloudwatch::MetricDatum& datum) {
  ReportDatum out{.time = datum.timestamp, .city = {}, .county = {}};
  for (const cloudwatch::Dimension& d : datum.dimensions) {
    if (d.name == "city_accident") out.city = d.value;
    if (d.name == "county_accident") out.county = d.value;
  }
  return out;
}

std::uint64_t sum_of(const std::vector<ReportTotal>& totals) {
  std::uint64_t sum = 0;
  for (const ReportTotal& total : totals) sum += total.count;
  return sum;
}

}  // namespace

Result<Report> read_results(Env& env, const Config& c) {
  Report report;
  auto totals = read_totals(env, c.path("totals.jsonl"));
  if (!totals) return totals.take_error();
  report.totals = std::move(*totals);
  auto metrics = cloudwatch::read_metrics(env.fs, c.path("metrics"));
  if (!metrics) return metrics.take_error();
  for (const auto& datum : *metrics) report.metric.push_back(to_report(datum));
  auto alerts = sns::read_notifications(env.fs, c.path("alerts"));
  if (!alerts) return alerts.take_error();

  std::uint64_t letters = 0;
  for (const char* layer : {"producer", "analyst", "watcher"}) {
    auto lines = count_lines(env, c.path("rejects/" + std::string(layer) + ".jsonl"));
    if (!lines) return lines.take_error();
    letters += *lines;
  }
  auto late = count_lines(env, c.path("late.jsonl"));
  if (!late) return late.take_error();
  report.numbers = {{"accidents in totals", sum_of(report.totals)},
                    {"totals", report.totals.size()},
                    {"metric data", report.metric.size()},
                    {"alerts", alerts->size()},
                    {"dead letters", letters},
                    {"late", *late}};
  report.places = {{"this page", c.path("report.html")},
                   {"totals, a line per window and severity", c.path("totals.jsonl")},
                   {"raw layer", c.path("lake/" + store::lake_prefix(c.lake.table))},
                   {"metric", c.path("metrics/metrics.jsonl")},
                   {"alerts", c.path("alerts/notifications.jsonl")},
                   {"dead letters, with their original bytes", c.path("rejects/")},
                   {"the two streams", c.path("stream-1") + ", " + c.path("stream-2")}};
  return report;
}

Result<Report> write_report(Env& env, const Config& c) {
  Result<Report> report = read_results(env, c);
  if (!report) return report;
  auto written = examples::write_file(env, c.path("report.html"), report_html(*report));
  if (!written) return written.take_error();
  return report;
}

}  // namespace accidents
