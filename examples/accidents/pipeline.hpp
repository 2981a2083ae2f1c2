// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "accident.hpp"
#include "millrace/core/message.hpp"
#include "millrace/formats/csv_row.hpp"
#include "millrace/stream/stream.hpp"
#include "stamp.hpp"

namespace accidents {

using millrace::Duration;
using millrace::Message;
using millrace::Stream;

struct AnalysisOptions {
  std::int32_t threshold = 3;  ///< what is more severe goes to stream 2
  Duration window = std::chrono::minutes(1);
  Duration out_of_orderness = std::chrono::seconds(5);
  /// A shard that says nothing for idle_after is not waited for; what it then says is late.
  Duration allowed_lateness = std::chrono::minutes(2);
  Duration idle_after = std::chrono::seconds(30);
};

/// Rows of the file to the records of stream 1, with their severity as partition key.
Stream<Message> incidents(Stream<millrace::csv::Row> rows, const StampOptions& stamp);

struct Analysis {
  Stream<Message> severe;  ///< for stream 2
  Stream<Message> totals;  ///< a Total each
  Stream<Message> late;    ///< Incidents whose window was over
};
Analysis analysis(Stream<Message> stream_1, const AnalysisOptions& options);

/// The real-time layer: what of stream 2 counts and what alarms.
struct Watch {
  Stream<Severe> counted;   ///< Severity > 2: a datum of the metric each
  Stream<Severe> alarming;  ///< Severity >= 4: a message each
};
Watch watch(Stream<Message> stream_2);

}  // namespace accidents
