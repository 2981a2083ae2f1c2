// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "firehose/outbox.hpp"
#include "firehose/transform_run.hpp"
#include "millrace/firehose/delivery.hpp"

namespace millrace::firehose {

/// Intake (delivery.cpp): size limit, de-aggregation, backup of originals, transform, partitioning.
/// Sending (delivery_send.cpp): names, compression, retries, and what to do with what failed.
class Delivery::Impl {
 public:
  Impl(Destination destination, DeliveryOptions options);

  template <class R>
  Task<> write(const Batch<R>& batch, Context& cx);
  Task<> flush(Context& cx);
  Task<> tick(Context& cx);
  std::shared_ptr<const DeliveryMetrics> metrics() const { return metrics_; }

 private:
  /// Why a record failed, for its error object.
  struct Cause {
    std::string_view code;
    std::string_view message;
    std::uint32_t attempts = 1;
  };
  /// Why a buffer was given up.
  struct GivenUp {
    Error error;
    std::uint32_t attempts = 1;
  };
  enum class ErrorKind : unsigned char { processing, index, endpoint };

  void set_up_lanes();
  void look_at_clock(Context& cx);

  template <class R>
  std::uint32_t take(const Batch<R>& batch, std::uint32_t first);
  void take_apart(std::string_view record, Timestamp arrival);
  void take_parts(std::string_view record, Timestamp arrival);
  void accept(std::string_view record, Timestamp arrival);
  void route(std::string_view record, Timestamp arrival, std::string_view original);
  void route_to_partition(std::string_view record, Timestamp arrival, std::string_view original);
  bool over_budget() const { return outbox_.held() + pending_bytes() > options_.budget.bytes; }
  std::size_t pending_bytes() const { return transform_ ? transform_->bytes() : 0; }
  bool work_due() const {
    return outbox_.has_closed() || (transform_ && transform_->due(now_)) || over_budget();
  }
  Task<> work(Context& cx);
  Task<> transform(Context& cx);

  void fail(std::string_view original, Timestamp arrival, const Cause& cause);
  void append_error(const Lane& lane, ErrorKind kind, std::string_view line, Timestamp arrival);
  Task<> send_all(Context& cx);
  Task<> send_front(Context& cx);
  Task<std::optional<GivenUp>> try_front(Context& cx);
  Task<Result<void>> attempt(Parcel& parcel, std::uint32_t attempts, Context& cx);
  Task<Result<void>> attempt_records(Parcel& parcel, std::uint32_t attempts, Context& cx);
  void fail_records(const Parcel& parcel, const GivenUp& reason);
  void refuse(const RecordBatch& batch, const RefusedRecord& refused, std::uint32_t attempts);
  Result<void> name(Parcel& parcel);
  void compress_once(Parcel& parcel) const;
  PrefixValues values(const Parcel& parcel) const;
  void count_delivered(const Parcel& parcel);

  Destination destination_;
  DeliveryOptions options_;
  std::shared_ptr<DeliveryMetrics> metrics_ = std::make_shared<DeliveryMetrics>();
  std::optional<KeyQuery> query_;
  Lane data_;
  Lane errors_;  ///< of the destination, when it takes objects
  Lane backup_;
  Lane backup_errors_;  ///< when there is a backup
  const Lane* processing_errors_ = nullptr;
  Outbox outbox_{*metrics_};
  Parcel* open_data_ = nullptr;
  Parcel* open_backup_ = nullptr;
  std::array<Parcel*, 6> open_errors_{};
  std::optional<TransformRun> transform_;
  KplAggregate aggregate_;
  SubRecordSplitter splitter_;
  PartitionKeys keys_;
  std::string partition_;
  std::vector<RefusedRecord> waiting_;  ///< what the front buffer's last call refused for now
  bool simple_ = false;                 ///< records go to one buffer as they are
  Env* env_ = nullptr;                  ///< of the call that runs
  MonotonicTime now_{};
};

}  // namespace millrace::firehose
