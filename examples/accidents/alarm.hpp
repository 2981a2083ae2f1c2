// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "accident.hpp"
#include "millrace/cloudwatch/metric_datum.hpp"
#include "millrace/sns/notification.hpp"

namespace accidents {

inline constexpr std::string_view metric_namespace = "accidents_reports_namespace";
inline constexpr std::string_view metric_name = "us_accidents_severity_high";
inline constexpr std::string_view alert_topic = "us_accidents_severity_high";

/// A place's name as CloudWatch takes it: printable ASCII, not empty.
inline std::string dimension_value(const std::optional<Text>& name) {
  if (!name || name->empty()) return "unknown";
  std::string value(name->view().substr(0, 1024));
  for (char& c : value)
    if (c < ' ' || c > '~') c = '?';
  return value;
}

/// A count of one in the metric of the severe ones. Its id is the accident's, so that a record that
/// comes twice counts once.
inline millrace::cloudwatch::MetricDatum to_datum(const Severe& s) {
  return {.id = s.id.str(),
          .metric_namespace = std::string(metric_namespace),
          .metric_name = std::string(metric_name),
          .dimensions = {{"severity_accident", std::to_string(s.severity)},
                         {"city_accident", dimension_value(s.city)},
                         {"county_accident", dimension_value(s.county)}},
          .unit = millrace::cloudwatch::Unit::count,
          .value = 1,
          .timestamp = s.txn_timestamp,
          .storage_resolution_s = 1};
}

inline millrace::sns::Notification to_alert(const Severe& s) {
  const auto text = [](const std::optional<Text>& t) { return t ? t->str() : "unknown"; };
  const std::string place = text(s.city) + ", " + text(s.county);
  return {
      .id = s.id.str(),
      .topic = std::string(alert_topic),
      .subject = "Accident of severity " + std::to_string(s.severity) + " in " + place,
      .message = "Accident " + s.id.str() + ", severity " + std::to_string(s.severity) + ", in " +
                 place + " county.",
      .attributes = {{.name = "severity", .type = "Number", .value = std::to_string(s.severity)}},
      .timestamp = s.txn_timestamp};
}

}  // namespace accidents
