// SPDX-License-Identifier: BSL-1.0
#include "millrace/cloudwatch/recorder.hpp"

#include <cmath>

#include "millrace/file/recording.hpp"

namespace millrace::cloudwatch {

namespace {

// A datum as its line in the file.
struct Line {
  std::string id;
  std::string metric_namespace;
  std::string metric_name;
  std::vector<Dimension> dimensions;
  std::string unit;
  double value = 0;
  Timestamp timestamp{};
  std::uint32_t storage_resolution_s = 60;
};
constexpr auto describe(type<Line>) {
  return fields("Id", &Line::id, "Namespace", &Line::metric_namespace, "MetricName",
                &Line::metric_name, "Dimensions", &Line::dimensions, "Unit", &Line::unit, "Value",
                &Line::value, "Timestamp", &Line::timestamp, "StorageResolution",
                &Line::storage_resolution_s);
}

std::string file_in(const std::string& directory) { return directory + "/metrics.jsonl"; }

Line to_line(const MetricDatum& d) {
  return {d.id,
          d.metric_namespace,
          d.metric_name,
          d.dimensions,
          std::string(to_string(d.unit)),
          d.value,
          d.timestamp,
          d.storage_resolution_s};
}

}  // namespace

class Recorder::Impl {
 public:
  explicit Impl(const std::string& directory) : recording(file_in(directory)) {}

  void take(const MetricDatum& datum, Logger& logger) {
    if (!std::isfinite(datum.value)) {
      ++dropped;
      return;
    }
    if (Result<void> valid = validate(datum); !valid)
      return recording.refuse(valid.error(), LogLevel::warning, logger);
    recording.add(to_line(datum));
  }

  file::Recording<Line> recording;
  std::uint64_t dropped = 0;
};

Recorder::Recorder(const std::string& directory) : impl_(std::make_unique<Impl>(directory)) {}
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;
Recorder::~Recorder() = default;

Task<> Recorder::write(const Batch<MetricDatum>& batch, Context& cx) {
  return impl_->recording.write(
      batch, cx,
      [impl = impl_.get()](const MetricDatum& d, Logger& logger) { impl->take(d, logger); });
}
Task<> Recorder::flush(Context& cx) { return impl_->recording.flush(cx); }

std::uint64_t Recorder::dropped() const { return impl_->dropped; }
std::uint64_t Recorder::rejected() const { return impl_->recording.rejected(); }
std::uint64_t Recorder::duplicates() const { return impl_->recording.duplicates(); }

Result<std::vector<MetricDatum>> read_metrics(Fs& fs, const std::string& directory) {
  Result<std::vector<Line>> lines = file::RecordFile<Line>::read(fs, file_in(directory));
  if (!lines) return lines.take_error();
  std::vector<MetricDatum> data;
  for (Line& line : *lines) {
    const std::optional<Unit> unit = to_unit(line.unit);
    if (!unit)
      return Error(Errc::corrupted, file_in(directory) + ":" + std::to_string(data.size() + 1) +
                                        ": unknown unit \"" + line.unit + "\"");
    data.push_back({std::move(line.id), std::move(line.metric_namespace),
                    std::move(line.metric_name), std::move(line.dimensions), *unit, line.value,
                    line.timestamp, line.storage_resolution_s});
  }
  return data;
}

}  // namespace millrace::cloudwatch
