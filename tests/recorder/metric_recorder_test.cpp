// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <limits>

#include "catch.hpp"
#include "driver.hpp"
#include "millrace/cloudwatch/recorder.hpp"

using namespace millrace;
using namespace millrace::cloudwatch;

namespace {

MetricDatum datum(std::string id, double value = 1) {
  MetricDatum d;
  d.id = std::move(id);
  d.metric_namespace = "accidents_reports_namespace";
  d.metric_name = "us_accidents_severity_high";
  d.dimensions = {{"severity_accident", "4"}, {"city_accident", "St. \"Louis\""}};
  d.unit = Unit::count;
  d.value = value;
  d.timestamp = Timestamp(std::chrono::microseconds(1'671'857'637'450'051));
  d.storage_resolution_s = 1;
  return d;
}

Batch<MetricDatum> batch_of(std::vector<MetricDatum> data) {
  Batch<MetricDatum> batch(16);
  for (MetricDatum& d : data) batch.push_back(std::move(d), Timestamp());
  return batch;
}

void write(Driver& driver, Recorder& recorder, std::vector<MetricDatum> data) {
  const auto batch = batch_of(std::move(data));
  driver.run(recorder.write(batch, driver.cx));
}

std::vector<MetricDatum> all(Driver& driver) {
  return read_metrics(driver.sim.env().fs, "/metrics").value();
}

}  // namespace

TEST_CASE("a datum is a line with CloudWatch's names") {
  Driver driver;
  Recorder recorder("/metrics");
  write(driver, recorder, {datum("r1", 2.5)});
  CHECK(driver.sim.disk().contents("/metrics/metrics.jsonl") ==
        "{\"Id\":\"r1\",\"Namespace\":\"accidents_reports_namespace\",\"MetricName\":"
        "\"us_accidents_severity_high\",\"Dimensions\":[{\"Name\":\"severity_accident\","
        "\"Value\":\"4\"},{\"Name\":\"city_accident\",\"Value\":\"St. \\\"Louis\\\"\"}],\"Unit\":"
        "\"Count\",\"Value\":2.5,\"Timestamp\":\"2022-12-24T04:53:57.450051\","
        "\"StorageResolution\":1}\n");
}

TEST_CASE("what was recorded is read back as it was") {
  Driver driver;
  CHECK(all(driver).empty());
  Recorder recorder("/metrics");
  write(driver, recorder, {datum("", 1), datum("", -0.1)});
  CHECK(all(driver) == std::vector<MetricDatum>{datum("", 1), datum("", -0.1)});
}

TEST_CASE("a datum with an id is recorded once, also by the next process") {
  Driver driver;
  {
    Recorder recorder("/metrics");
    write(driver, recorder, {datum("a"), datum("b"), datum("a"), datum("")});
    driver.run(recorder.flush(driver.cx));
    CHECK(recorder.duplicates() == 1);
  }
  Recorder recorder("/metrics");
  write(driver, recorder, {datum("b"), datum("c"), datum("")});
  CHECK(recorder.duplicates() == 1);
  std::string ids;
  for (const MetricDatum& d : all(driver)) ids += d.id.empty() ? "-" : d.id;
  CHECK(ids == "ab-c-");
}

TEST_CASE("a NaN is dropped and counted, what CloudWatch refuses is counted and logged") {
  Driver driver;
  Recorder recorder("/metrics");
  MetricDatum empty_city = datum("x");
  empty_city.dimensions[1].value = "";
  write(driver, recorder,
        {datum("n", std::nan("")), datum("i", std::numeric_limits<double>::infinity()), empty_city,
         datum("good")});
  CHECK(recorder.dropped() == 2);
  CHECK(recorder.rejected() == 1);
  CHECK(all(driver) == std::vector<MetricDatum>{datum("good")});
}

TEST_CASE("what was flushed survives power loss, and a torn line is cut") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    Driver driver;
    {
      Recorder recorder("/metrics");
      write(driver, recorder, {datum("a")});
      driver.run(recorder.flush(driver.cx));
      write(driver, recorder, {datum("b"), datum("c"), datum("d"), datum("e")});
    }
    driver.sim.disk().crash(seed);
    Recorder recorder("/metrics");
    // What the crash left in the middle of the file may be damaged; then it is named.
    Batch<MetricDatum> batch =
        batch_of({datum("a"), datum("b"), datum("c"), datum("d"), datum("e")});
    const std::string failure = driver.failure(recorder.write(batch, driver.cx));
    if (failure != "no failure") {
      CHECK(failure.find("/metrics/metrics.jsonl:") == 0);
      continue;
    }
    CHECK(all(driver).size() == 5);
  }
}

TEST_CASE("a line that is not a datum is named with file and line") {
  Driver driver;
  {
    Recorder recorder("/metrics");
    write(driver, recorder, {datum("a")});
  }
  const std::string good = driver.sim.disk().contents("/metrics/metrics.jsonl").value();
  driver.put("/metrics/metrics.jsonl", good + "{\"Id\":1}\n");
  Recorder recorder("/metrics");
  CHECK(driver.failure(recorder.flush(driver.cx)).find("/metrics/metrics.jsonl:2: ") == 0);
  const Result<std::vector<MetricDatum>> read = read_metrics(driver.sim.env().fs, "/metrics");
  REQUIRE(!read);
  CHECK(read.error().code() == Errc::corrupted);
  std::string unit = good;
  unit.replace(unit.find("Count"), 5, "Apples");
  driver.put("/metrics/metrics.jsonl", unit);
  CHECK(read_metrics(driver.sim.env().fs, "/metrics").error().message() ==
        "/metrics/metrics.jsonl:1: unknown unit \"Apples\"");
}

TEST_CASE("a full disk fails the write, and what was added is written when there is room") {
  Driver driver;
  Recorder recorder("/metrics");
  write(driver, recorder, {datum("a")});
  driver.sim.disk().set_capacity({driver.sim.disk().used().bytes + 10});
  const auto batch = batch_of({datum("b")});
  CHECK(driver.failure(recorder.write(batch, driver.cx)).find("No space left") !=
        std::string::npos);
  driver.sim.disk().set_capacity({1u << 20});
  driver.run(recorder.flush(driver.cx));
  CHECK(all(driver).size() == 2);
}
