// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "common/page.hpp"
#include "millrace/core/time.hpp"

namespace accidents {

/// Accidents of one severity in one window, as the report shows them.
struct ReportTotal {
  std::int32_t severity = 0;
  millrace::Timestamp window_start{};
  std::uint64_t count = 0;
  double distance_mi = 0;
};

/// One datum of the metric.
struct ReportDatum {
  millrace::Timestamp time{};
  std::string city;
  std::string county;
};

/// What is known after a run: everything that the page shows.
struct Report {
  std::vector<examples::ReportNumber> numbers;  ///< rows read, dead letters, …
  std::vector<ReportTotal> totals;              ///< any order
  std::vector<ReportDatum> metric;              ///< any order
  std::vector<examples::ReportPlace> places;    ///< where to look for the files
};

/// A whole page without any request to the outside and without script: charts of the totals per
/// severity and of the metric over time, and the same numbers as tables. Light and dark.
std::string report_html(const Report& report);

/// The totals of all windows, a line per severity, for a terminal.
std::string totals_text(const Report& report);

}  // namespace accidents
