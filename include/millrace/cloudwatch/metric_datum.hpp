// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/formats/describe.hpp"

namespace millrace::cloudwatch {

/// CloudWatch's units. Source: PutMetricData, StandardUnit.
enum class Unit : unsigned char {
  none,
  seconds,
  microseconds,
  milliseconds,
  bytes,
  kilobytes,
  megabytes,
  gigabytes,
  terabytes,
  bits,
  kilobits,
  megabits,
  gigabits,
  terabits,
  percent,
  count,
  bytes_per_second,
  kilobytes_per_second,
  megabytes_per_second,
  gigabytes_per_second,
  terabytes_per_second,
  bits_per_second,
  kilobits_per_second,
  megabits_per_second,
  gigabits_per_second,
  terabits_per_second,
  count_per_second,
};

/// CloudWatch's name of the unit, e.g. "Kilobytes/Second". Lifetime: static.
MILLRACE_EXPORT std::string_view to_string(Unit unit);
/// The opposite; nothing for another name.
MILLRACE_EXPORT std::optional<Unit> to_unit(std::string_view name);

/// One of the names that, as a set, tell a metric from others of its name.
struct Dimension {
  std::string name;
  std::string value;
  bool operator==(const Dimension&) const = default;
};

constexpr auto describe(type<Dimension>) {
  return fields("Name", &Dimension::name, "Value", &Dimension::value);
}

/// One value of a metric, as PutMetricData takes it.
struct MetricDatum {
  /// Not CloudWatch's: two data with the same id, when it is not empty, are the same one written
  /// twice.
  std::string id = {};
  std::string metric_namespace;
  std::string metric_name;
  std::vector<Dimension> dimensions = {};
  Unit unit = Unit::none;
  double value = 0;
  Timestamp timestamp{};
  std::uint32_t storage_resolution_s = 60;  ///< 1 or 60
  bool operator==(const MetricDatum&) const = default;
};

/// Checks a datum against CloudWatch's limits: namespace and metric name of 1 to 255 bytes, no ':'
/// at the front; at most 30 dimensions, each with a name of 1 to 255 and a value of 1 to 1024
/// bytes, no name twice; printable ASCII in all of them; a value within +-2^360; a resolution of 1
/// or 60 s.
/// Errors: invalid_input, limit_exceeded, with the metric's name, the value seen and the limit.
/// Source: PutMetricData.
MILLRACE_EXPORT Result<void> validate(const MetricDatum& datum);

}  // namespace millrace::cloudwatch
