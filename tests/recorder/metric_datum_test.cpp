// SPDX-License-Identifier: BSL-1.0
#include "millrace/cloudwatch/metric_datum.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace millrace;
using namespace millrace::cloudwatch;

namespace {

MetricDatum datum() {
  MetricDatum d;
  d.metric_namespace = "accidents_reports_namespace";
  d.metric_name = "us_accidents_severity_high";
  d.dimensions = {{"severity_accident", "4"}, {"city_accident", "Dublin"}};
  d.unit = Unit::count;
  d.value = 1;
  d.storage_resolution_s = 1;
  return d;
}

std::string refused(const MetricDatum& d) {
  const Result<void> valid = validate(d);
  return valid ? "valid" : valid.error().message();
}

}  // namespace

TEST_CASE("the metric of an accident is valid") { CHECK(refused(datum()) == "valid"); }

TEST_CASE("units have CloudWatch's names, both ways") {
  CHECK(to_string(Unit::none) == "None");
  CHECK(to_string(Unit::count) == "Count");
  CHECK(to_string(Unit::kilobytes_per_second) == "Kilobytes/Second");
  CHECK(to_string(Unit::count_per_second) == "Count/Second");
  for (int i = 0; i <= static_cast<int>(Unit::count_per_second); ++i) {
    const auto unit = static_cast<Unit>(i);
    CHECK(to_unit(to_string(unit)) == unit);
  }
  CHECK(!to_unit("count"));
}

TEST_CASE("31 dimensions are refused, 30 are not") {
  MetricDatum d = datum();
  d.dimensions.clear();
  for (int i = 0; i < 30; ++i) d.dimensions.push_back({"d" + std::to_string(i), "v"});
  CHECK(refused(d) == "valid");
  d.dimensions.push_back({"one more", "v"});
  CHECK(validate(d).error().code() == Errc::limit_exceeded);
  CHECK(refused(d) == "metric \"us_accidents_severity_high\": 31 dimensions; the limit is 30");
}

TEST_CASE("a dimension needs a name and a value, once, of printable ASCII, within the limits") {
  const auto with = [](Dimension dimension) {
    MetricDatum d = datum();
    d.metric_name = "m";
    d.dimensions.push_back(std::move(dimension));
    return refused(d);
  };
  CHECK(with({"", "v"}) == "metric \"m\": dimension \"\" has a name that is empty");
  CHECK(with({"county", ""}) == "metric \"m\": dimension \"county\" has a value that is empty");
  CHECK(with({"county", std::string(1025, 'v')}) ==
        "metric \"m\": dimension \"county\" has a value that has 1025 bytes; the limit is 1024");
  CHECK(with({"city_accident", "Columbus"}) ==
        "metric \"m\": dimension \"city_accident\" comes twice");
  CHECK(with({"county", "Ca\xC3\xB1on"}) ==
        "metric \"m\": dimension \"county\" has a value that holds the byte 0xC3; only printable "
        "ASCII may stand there");
}

TEST_CASE("names have 1 to 255 bytes, and the namespace no colon in front") {
  MetricDatum d = datum();
  d.metric_name = "";
  CHECK(refused(d) == "metric \"\": its name is empty");
  d.metric_name = std::string(256, 'm');
  CHECK(refused(d).find(": its name has 256 bytes; the limit is 255") != std::string::npos);
  d.metric_name = "m";
  d.metric_namespace = ":n";
  CHECK(refused(d) == "metric \"m\": its namespace begins with ':'");
  d.metric_namespace = "";
  CHECK(refused(d) == "metric \"m\": its namespace is empty");
}

TEST_CASE("a value is finite and within 2^360, a resolution is 1 or 60") {
  MetricDatum d = datum();
  for (const double value :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::ldexp(1.0, 361)}) {
    d.value = value;
    CHECK(refused(d).find("is not within -2^360 to 2^360") != std::string::npos);
  }
  d.value = std::ldexp(1.0, 360);
  CHECK(refused(d) == "valid");
  d.storage_resolution_s = 30;
  CHECK(refused(d) ==
        "metric \"us_accidents_severity_high\": a storage resolution of 30 s; CloudWatch has 1 "
        "and 60");
}
