// SPDX-License-Identifier: BSL-1.0
#include "millrace/cloudwatch/metric_datum.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace millrace::cloudwatch {
namespace {

constexpr std::size_t name_max = 255;
constexpr std::size_t value_max = 1024;
constexpr std::size_t dimensions_max = 30;
constexpr std::array<std::string_view, 27> unit_names = {"None",
                                                         "Seconds",
                                                         "Microseconds",
                                                         "Milliseconds",
                                                         "Bytes",
                                                         "Kilobytes",
                                                         "Megabytes",
                                                         "Gigabytes",
                                                         "Terabytes",
                                                         "Bits",
                                                         "Kilobits",
                                                         "Megabits",
                                                         "Gigabits",
                                                         "Terabits",
                                                         "Percent",
                                                         "Count",
                                                         "Bytes/Second",
                                                         "Kilobytes/Second",
                                                         "Megabytes/Second",
                                                         "Gigabytes/Second",
                                                         "Terabytes/Second",
                                                         "Bits/Second",
                                                         "Kilobits/Second",
                                                         "Megabits/Second",
                                                         "Gigabits/Second",
                                                         "Terabits/Second",
                                                         "Count/Second"};

Error error(Errc code, const MetricDatum& datum, const std::string& what) {
  return Error(code, "metric \"" + datum.metric_name.substr(0, name_max) + "\": " + what);
}

// The reason why CloudWatch refuses the text, or nothing.
std::string refuse(std::string_view text, std::size_t max) {
  if (text.empty()) return "is empty";
  if (text.size() > max)
    return "has " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(max);
  const auto bad =
      std::find_if(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7E; });
  if (bad == text.end()) return {};
  std::array<char, 8> byte{};
  std::snprintf(byte.data(), byte.size(), "0x%02X", static_cast<unsigned char>(*bad));
  return std::string("holds the byte ") + byte.data() + "; only printable ASCII may stand there";
}

Result<void> check_dimensions(const MetricDatum& datum) {
  const auto& all = datum.dimensions;
  if (all.size() > dimensions_max)
    return error(Errc::limit_exceeded, datum,
                 std::to_string(all.size()) + " dimensions; the limit is 30");
  for (auto each = all.begin(); each != all.end(); ++each) {
    const std::string name = "dimension \"" + each->name.substr(0, name_max) + "\" ";
    if (std::string why = refuse(each->name, name_max); !why.empty())
      return error(Errc::invalid_input, datum, name + "has a name that " + why);
    if (std::string why = refuse(each->value, value_max); !why.empty())
      return error(Errc::invalid_input, datum, name + "has a value that " + why);
    if (std::any_of(all.begin(), each, [&](const Dimension& d) { return d.name == each->name; }))
      return error(Errc::invalid_input, datum, name + "comes twice");
  }
  return {};
}

}  // namespace

std::string_view to_string(Unit unit) { return unit_names[static_cast<std::size_t>(unit)]; }

std::optional<Unit> to_unit(std::string_view name) {
  const auto found = std::find(unit_names.begin(), unit_names.end(), name);
  if (found == unit_names.end()) return std::nullopt;
  return static_cast<Unit>(found - unit_names.begin());
}

Result<void> validate(const MetricDatum& datum) {
  if (std::string why = refuse(datum.metric_name, name_max); !why.empty())
    return error(Errc::invalid_input, datum, "its name " + why);
  if (std::string why = refuse(datum.metric_namespace, name_max); !why.empty())
    return error(Errc::invalid_input, datum, "its namespace " + why);
  if (datum.metric_namespace.starts_with(':'))
    return error(Errc::invalid_input, datum, "its namespace begins with ':'");
  if (Result<void> checked = check_dimensions(datum); !checked) return checked;
  // Written so that a NaN is refused, too.
  if (!(std::abs(datum.value) <= std::ldexp(1.0, 360)))
    return error(Errc::invalid_input, datum,
                 "the value " + std::to_string(datum.value) + " is not within -2^360 to 2^360");
  if (datum.storage_resolution_s != 1 && datum.storage_resolution_s != 60)
    return error(Errc::invalid_input, datum,
                 "a storage resolution of " + std::to_string(datum.storage_resolution_s) +
                     " s; CloudWatch has 1 and 60");
  return {};
}

}  // namespace millrace::cloudwatch
