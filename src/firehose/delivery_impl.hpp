// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "firehose/outbox.hpp"
#include "firehose/staged_objects.hpp"
#include "firehose/transform_run.hpp"
#include "millrace/firehose/delivery.hpp"

namespace millrace::firehose {

/// Intake (delivery.cpp): size limit, de-aggregation, backup of originals, transform, partitioning.
/// Sending (delivery_send.cpp): names, compression, retries, and what to do with what failed.
/// Exactly-once (delivery_checkpoint.cpp, delivery_state.cpp): open buffers are spools, closed ones
/// are staged and sent by commit().
class Delivery::Impl {
 public:
  Impl(Destination destination, DeliveryOptions options);

  template <class R>
  Task<> write(const Batch<R>& batch, Context& cx);
  Task<> flush(Context& cx);
  Task<> tick(Context& cx);
  std::shared_ptr<const DeliveryMetrics> metrics() const { return metrics_; }

  bool exactly_once() const { return options_.guarantee == Guarantee::exactly_once; }
  Task<bool> finish(Context& cx);
  Task<Committable> prepare(CheckpointId id, Context& cx);
  Task<> commit(const Committable& committable, Context& cx);
  Task<> abort(Context& cx);
  void save(std::string& bytes) const;
  Result<void> load(std::string_view bytes);

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
    return outbox_.has_closed() || (transform_ && transform_->due(now_)) || over_budget() ||
           spill_due();
  }
  Task<> work(Context& cx);
  Task<> transform(Context& cx);

  void fail(std::string_view original, Timestamp arrival, const Cause& cause);
  Parcel*& error_home(const Lane& lane, std::string_view type);
  static std::string_view error_type_of(std::string_view text);
  void append_error(const Lane& lane, ErrorKind kind, std::string_view line, Timestamp arrival);
  Task<> send_all(Context& cx);
  Task<> send_front(Context& cx);
  Task<std::optional<GivenUp>> try_to_send(Parcel& parcel, Context& cx);
  /// Whether the same call may succeed later.
  static bool may_pass(Errc code);
  void check_backup(const Parcel& parcel, const GivenUp& given_up, Context& cx) const;
  Task<Result<void>> attempt(Parcel& parcel, std::uint32_t attempts, Context& cx);
  Task<Result<void>> attempt_records(Parcel& parcel, std::uint32_t attempts, Context& cx);
  void fail_records(const Parcel& parcel, const GivenUp& reason);
  void refuse(const RecordBatch& batch, const RefusedRecord& refused, std::uint32_t attempts);
  Result<void> name(Parcel& parcel);
  void compress_once(Parcel& parcel) const;
  PrefixValues values(const Parcel& parcel) const;
  void count_delivered(const Parcel& parcel);

  /// A buffer that a checkpoint held, until there is a clock.
  struct Held {
    std::unique_ptr<Parcel> parcel;
    Duration age{};
  };
  enum class Durable : unsigned char { closed_ones, all };

  Task<> begin(Context& cx);
  Task<> put_away(Durable what, Context& cx);
  Result<void> write_spools(Durable what);
  void stage_front();
  void stage(Parcel& parcel, const file::SpoolMark& spool);
  enum class Prepared : unsigned char { here, before_restart };
  Task<> commit_object(const StagedObject& object, Prepared prepared, Context& cx);
  std::vector<file::SpoolMark> spools_in_use() const;
  Lane* lane_of(std::uint64_t number);
  std::uint64_t number_of(const Lane* lane) const;
  Parcel** home_of(const Parcel& parcel);
  Result<Held> unpack_parcel(file::Unpacker& from);
  bool spill_due() const;

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
  std::optional<file::SpoolDirectory> spools_;  ///< under exactly-once, from begin() on
  bool begun_ = false;
  std::vector<Held> held_;            ///< of the checkpoint that was restored
  std::vector<StagedObject> staged_;  ///< for the next prepare()
  /// Spools of objects that were committed, and the first checkpoint whose decision makes sure that
  /// no checkpoint lists them any more: 0 until the next prepare().
  std::vector<std::pair<file::SpoolMark, CheckpointId>> committed_;
  CheckpointId last_committed_ = 0;
  CheckpointId first_prepared_ = 0;
  bool simple_ = false;  ///< records go to one buffer as they are
  Env* env_ = nullptr;   ///< of the call that runs
  MonotonicTime now_{};
};

}  // namespace millrace::firehose
