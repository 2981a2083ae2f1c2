// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "common/chart.hpp"
#include "millrace/formats/time.hpp"

namespace accidents {
namespace {

using namespace examples;
using millrace::Timestamp;

constexpr std::size_t table_rows_max = 2000;
constexpr std::size_t cities_max = 12;

std::string time_text(Timestamp time) { return millrace::format_time(time).value_or("?"); }

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

struct Sum {
  std::uint64_t count = 0;
  double distance_mi = 0;
  double mean() const { return count == 0 ? 0 : distance_mi / static_cast<double>(count); }
};

std::map<std::int32_t, Sum> by_severity(const Report& report) {
  std::map<std::int32_t, Sum> sums;
  for (const ReportTotal& total : report.totals) {
    Sum& sum = sums[total.severity];
    sum.count += total.count;
    sum.distance_mi += total.distance_mi;
  }
  return sums;
}

std::string_view css_class(std::int32_t severity) {
  constexpr std::string_view classes[] = {"one", "two", "three", "four"};
  return classes[std::clamp(severity, 1, 4) - 1];
}

std::string totals_charts(const Report& report) {
  // All charts share the windows of all severities, so that they stand one above the other.
  std::map<std::int32_t, std::map<Timestamp, std::uint64_t>> counts;
  std::map<Timestamp, std::uint64_t> none;
  for (const ReportTotal& total : report.totals) none[total.window_start] = 0;
  for (const ReportTotal& total : report.totals) {
    auto& windows = counts.try_emplace(total.severity, none).first->second;
    windows[total.window_start] += total.count;
  }
  std::string html = "<h2>Accidents per window, by severity</h2><div class=\"charts\">\n";
  for (const auto& [severity, windows] : counts) {
    Chart chart{"Severity " + std::to_string(severity), std::string(css_class(severity)), {}};
    for (const auto& [start, count] : windows)
      chart.columns.push_back({time_text(start), static_cast<double>(count)});
    html += columns_figure(chart);
  }
  if (counts.empty()) html += "<p class=\"none\">No window has closed.</p>";
  return html + "</div>\n";
}

std::string severity_table(const Report& report) {
  std::uint64_t all = 0;
  const auto sums = by_severity(report);
  for (const auto& [severity, sum] : sums) all += sum.count;
  std::string html =
      "<h2>Totals</h2><div class=\"scroll\"><table><caption>All windows together</caption>"
      "<thead><tr><th scope=\"col\">severity</th><th scope=\"col\">accidents</th>"
      "<th scope=\"col\">share</th><th scope=\"col\">mean distance (mi)</th></tr></thead><tbody>";
  for (const auto& [severity, sum] : sums) {
    const double share = 100.0 * static_cast<double>(sum.count) / static_cast<double>(all);
    html += "<tr><th scope=\"row\">" + std::to_string(severity) + "</th><td>" + grouped(sum.count) +
            "</td><td>" + decimal(share) + " %</td><td>" + decimal(sum.mean()) + "</td></tr>";
  }
  return html + "</tbody></table></div>\n";
}

std::string windows_table(const Report& report) {
  std::vector<ReportTotal> rows = report.totals;
  std::sort(rows.begin(), rows.end(), [](const ReportTotal& a, const ReportTotal& b) {
    return std::pair(a.window_start, a.severity) < std::pair(b.window_start, b.severity);
  });
  std::string html = "<details><summary>Every window (" + grouped(rows.size()) +
                     ")</summary><div class=\"scroll\"><table><thead><tr>"
                     "<th scope=\"col\">window</th><th scope=\"col\">severity</th>"
                     "<th scope=\"col\">accidents</th><th scope=\"col\">mean distance (mi)</th>"
                     "</tr></thead><tbody>";
  if (rows.size() > table_rows_max) {
    html += "<tr><td colspan=\"4\">the first " + grouped(table_rows_max) +
            "; all are in the totals file</td></tr>";
    rows.resize(table_rows_max);
  }
  for (const ReportTotal& row : rows)
    html += "<tr><td>" + time_text(row.window_start) + "</td><td>" + std::to_string(row.severity) +
            "</td><td>" + grouped(row.count) + "</td><td>" +
            decimal(Sum{row.count, row.distance_mi}.mean()) + "</td></tr>";
  return html + "</tbody></table></div></details>\n";
}

std::string metric_chart(const Report& report) {
  std::map<Timestamp, std::uint64_t> minutes;
  for (const ReportDatum& datum : report.metric)
    ++minutes[std::chrono::floor<std::chrono::minutes>(datum.time)];
  Chart chart{"us_accidents_severity_high, sum per minute", "metric", {}};
  for (const auto& [minute, count] : minutes)
    chart.columns.push_back({time_text(minute), static_cast<double>(count)});
  return "<h2>Real-time metric</h2><div class=\"charts\">\n" + columns_figure(chart);
}

std::string cities_table(const Report& report) {
  std::map<std::string, std::uint64_t> cities;
  for (const ReportDatum& datum : report.metric) ++cities[datum.city + ", " + datum.county];
  std::vector<std::pair<std::uint64_t, std::string>> ranked;
  for (const auto& [city, count] : cities) ranked.emplace_back(count, city);
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (ranked.size() > cities_max) ranked.resize(cities_max);
  std::string html =
      "<figure><figcaption>Where: city, county</figcaption><div class=\"scroll\"><table><thead>"
      "<tr><th scope=\"col\">city</th><th scope=\"col\">records</th><td></td></tr></thead><tbody>";
  for (const auto& [count, city] : ranked) {
    const std::uint64_t percent = 100 * count / ranked.front().first;
    html += "<tr><th scope=\"row\">" + escaped(city) + "</th><td>" + grouped(count) +
            "</td><td class=\"bar\"><i style=\"width:" + std::to_string(percent) +
            "%\"></i></td></tr>";
  }
  return html + "</tbody></table></div></figure></div>\n";
}

}  // namespace

std::string report_html(const Report& report) {
  return page(
      "US accidents: totals and metrics",
      "<h1>US accidents</h1><p class=\"soft\">Totals of event-time windows and the metric of "
      "the severe ones. Times are Txn_Timestamp, UTC.</p>\n" +
          numbers_html(report.numbers) + totals_charts(report) + severity_table(report) +
          windows_table(report) + metric_chart(report) + cities_table(report) +
          places_html(report.places));
}

std::string totals_text(const Report& report) {
  std::string text = "severity   accidents  mean distance (mi)\n";
  for (const auto& [severity, sum] : by_severity(report)) {
    char line[80];
    std::snprintf(line, sizeof line, "%8d  %10s  %18s\n", severity, grouped(sum.count).c_str(),
                  decimal(sum.mean()).c_str());
    text += line;
  }
  return text;
}

}  // namespace accidents
