// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/counter.hpp"

namespace millrace::firehose {

/// What a delivery counts, on its strand; anybody may read. Never resets. Every record that came
/// in, or came out of one by de-aggregation, ends in exactly one of delivered, dropped and failed.
struct DeliveryMetrics {
  Counter incoming_records;  ///< as they came
  Counter incoming_bytes;
  Counter records;            ///< after de-aggregation
  Counter delivered_records;  ///< taken by the destination
  Counter delivered_bytes;    ///< before compression
  Counter delivered_objects;
  Counter dropped_records;  ///< by the transform
  Counter failed_records;   ///< that became error objects' lines
  Counter backup_records;   ///< originals taken by the backup, under Backup::all_records
  Counter transform_calls;
  Counter transform_ok;         ///< records with result Ok
  Counter transform_failed;     ///< records with result ProcessingFailed or of a failed call
  Counter delivery_retries;     ///< calls of the destination after a first one
  Counter early_flushes;        ///< buffers closed before their time to stay inside the budget
  Counter partitions_exceeded;  ///< records refused by the limit of active partitions
  Counter active_partitions;    ///< now
  Counter buffered_bytes;       ///< now
};

}  // namespace millrace::firehose
