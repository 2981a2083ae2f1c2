// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "firehose/buffer.hpp"
#include "millrace/file/packed.hpp"
#include "millrace/firehose/delivery_metrics.hpp"
#include "millrace/firehose/transform.hpp"

namespace millrace::firehose {

/// What became of one record of a transform's batch.
struct Verdict {
  enum class Kind : unsigned char { undecided, ok, dropped, failed };
  Kind kind = Kind::undecided;
  std::size_t entry = 0;       ///< in the output, for ok
  std::string_view code = {};  ///< for failed
};

/// Collects records for the transform, calls it within its limits, and judges its answer.
class TransformRun {
 public:
  TransformRun(Transform transform, DeliveryMetrics& metrics);
  ~TransformRun();

  void add(std::string_view record, Timestamp arrival, MonotonicTime now);
  bool empty() const { return pending_.empty(); }
  std::size_t bytes() const { return pending_.bytes(); }
  bool due(MonotonicTime now) const {
    return !empty() && (pending_.bytes() >= transform_.options.size.bytes || old(now));
  }
  MonotonicTime due_at() const { return since_ + transform_.options.interval; }

  /// Calls the transform with what is pending; the verdicts stand until the next call.
  /// Errors: Failure (cancelled) when the pipeline stops meanwhile, the records stay pending;
  /// std::bad_alloc.
  Task<> run(Context& cx);
  /// Waits for calls that went on past their time limit, until each has had one more limit.
  Task<> wait_for_late(Context& cx);

  /// What waits, and how records are numbered, for a checkpoint; and back, to wait from begin() on.
  void pack(file::Packer& to, MonotonicTime now) const;
  void unpack(file::Unpacker& from);
  void begin(Env& env);

  const std::vector<Verdict>& verdicts() const { return verdicts_; }
  const TransformRecord& record(std::size_t i) const { return input_->records[i]; }
  const TransformOutput& output() const;
  /// What a record that failed with `code` is told.
  std::string_view message(std::string_view code) const;
  std::uint32_t attempts() const { return attempts_; }

 private:
  struct Input {
    Buffer buffer;
    std::string ids;
    std::vector<TransformRecord> records;
    std::uint64_t first = 0;
  };
  struct Call;

  bool old(MonotonicTime now) const { return now >= due_at(); }
  void number_records(Env& env);
  Task<> call(Context& cx);
  void judge();
  void fail_all(std::string_view code, std::string message);
  [[noreturn]] void stopped(Context& cx);
  void forget_ended();
  std::size_t index_of(std::string_view id) const;

  Transform transform_;
  DeliveryMetrics& metrics_;
  Buffer pending_;
  MonotonicTime since_{};
  Duration age_{};  ///< of what a checkpoint held
  std::string id_prefix_;
  std::uint64_t next_id_ = 0;
  std::shared_ptr<Input> input_;
  std::unique_ptr<Call> call_;
  std::vector<std::unique_ptr<Call>> late_;
  std::vector<Verdict> verdicts_;
  std::string message_;
  std::string_view failure_code_;
  bool may_repeat_ = false;
  std::uint32_t attempts_ = 0;
};

}  // namespace millrace::firehose
