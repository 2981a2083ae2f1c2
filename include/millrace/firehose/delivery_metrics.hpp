// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>

namespace millrace::firehose {

/// A number that the delivery's strand writes and anybody reads. Cost: a plain load and store.
class DeliveryCounter {
 public:
  void add(std::uint64_t n) { set(get() + n); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What a delivery counts; never resets. Every record that came in, or came out of one by
/// de-aggregation, ends in exactly one of delivered, dropped and failed.
struct DeliveryMetrics {
  DeliveryCounter incoming_records;  ///< as they came
  DeliveryCounter incoming_bytes;
  DeliveryCounter records;            ///< after de-aggregation
  DeliveryCounter delivered_records;  ///< taken by the destination
  DeliveryCounter delivered_bytes;    ///< before compression
  DeliveryCounter delivered_objects;
  DeliveryCounter dropped_records;  ///< by the transform
  DeliveryCounter failed_records;   ///< that became error objects' lines
  DeliveryCounter backup_records;   ///< originals taken by the backup, under Backup::all_records
  DeliveryCounter transform_calls;
  DeliveryCounter transform_ok;      ///< records with result Ok
  DeliveryCounter transform_failed;  ///< records with result ProcessingFailed or of a failed call
  DeliveryCounter delivery_retries;  ///< calls of the destination after a first one
  DeliveryCounter early_flushes;     ///< buffers closed before their time to stay inside the budget
  DeliveryCounter partitions_exceeded;  ///< records refused by the limit of active partitions
  DeliveryCounter active_partitions;    ///< now
  DeliveryCounter buffered_bytes;       ///< now
};

}  // namespace millrace::firehose
