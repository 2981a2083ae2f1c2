// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "client.hpp"
#include "millrace/core/message.hpp"
#include "millrace/firehose/delivery.hpp"
#include "millrace/formats/csv_row.hpp"
#include "millrace/stream/stream.hpp"

namespace bank {

using millrace::Message;
using millrace::Stream;
using millrace::firehose::Destination;

/// Rows of the CSV file to the records of the data stream: their fields with '|' between them, and
/// a partition key that spreads them evenly over the shards.
Stream<Message> piped_rows(Stream<millrace::csv::Row> rows);

/// When the buffers of both deliveries are full.
struct Buffering {
  millrace::ByteSize size{5u << 20};
  millrace::Duration interval = std::chrono::seconds(300);
  /// Where open buffers lie between checkpoints, so that each row is delivered once; empty:
  /// nowhere, so that a row may be delivered again.
  std::string spool = {};
};

/// What the deliveries count.
struct Deliveries {
  std::shared_ptr<const millrace::firehose::DeliveryMetrics> index, lake;
};

/// The data stream's two delivery streams, each with a transform of its own: to the index, whose
/// failures go to the backup, and to the lake.
Deliveries deliver(Stream<Message> data, Destination index, Destination backup, Destination lake,
                   const Buffering& buffering = {});

}  // namespace bank
