// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/cloudwatch/metric_datum.hpp"
#include "millrace/core/sink.hpp"

namespace millrace::cloudwatch {

/// Takes metrics as CloudWatch would, and keeps them in a file: the embedded twin of PutMetricData.
///
/// `<directory>/metrics.jsonl` gets a line a datum. At-least-once: after flush() every datum
/// written survives power loss; a datum whose id is in the file already is not written again.
/// A NaN or infinity is dropped and counted, as CloudWatch's clients do; any other datum that
/// CloudWatch would refuse is counted, too, and the reason logged: a metric must not stop the data.
/// Errors: Failure of the file; corrupted when it holds another kind of line.
/// Cost: keeps the ids that it has seen in memory.
class MILLRACE_EXPORT Recorder {
 public:
  explicit Recorder(const std::string& directory);
  Recorder(Recorder&&) noexcept;
  Recorder& operator=(Recorder&&) noexcept;
  ~Recorder();

  Task<> write(const Batch<MetricDatum>& batch, Context& cx);
  Task<> flush(Context& cx);

  /// Values dropped for not being finite.
  std::uint64_t dropped() const;
  /// Data that validate() refused.
  std::uint64_t rejected() const;
  /// Data not written for their id being there.
  std::uint64_t duplicates() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

static_assert(SinkOf<Recorder, MetricDatum> && FlushableSink<Recorder>);

/// Everything that a recorder has written to `directory`, in order; a last line that is not whole
/// is left out. Nothing when there is no file yet.
/// Errors: io; corrupted, with file and line.
MILLRACE_EXPORT Result<std::vector<MetricDatum>> read_metrics(Fs& fs, const std::string& directory);

}  // namespace millrace::cloudwatch
