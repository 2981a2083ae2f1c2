// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>

#include "millrace/core/message.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/firehose/delivery_metrics.hpp"
#include "millrace/firehose/delivery_options.hpp"

namespace millrace::firehose {

/// A Firehose-style delivery stream inside the process: de-aggregates, transforms, partitions and
/// buffers records, and delivers them as objects, or as documents, to a destination.
///
///     rows.to("lake", firehose::Delivery{store, {.size = 1_MiB, .interval = 60s}});
///
/// What can't be processed becomes a line of an error object, with its original bytes, and a
/// destination that fails for longer than its retry duration hands its records to the backup.
/// At-least-once: after flush() every record written is delivered, dropped by the transform, or
/// kept by an error object; a record written again after a restart is delivered twice. The pipeline
/// flushes at its end, when it suspends and at each checkpoint.
/// Exactly-once, by DeliveryOptions::guarantee: open buffers are files that checkpoints hold as
/// they are, so that size and interval alone say when an object is closed. A closed object's name
/// and bytes are fixed in the next checkpoint, and it is put once that is decided; documents are
/// sent then, too. What that fails for is buffered for the backup, to be seen with the checkpoint
/// after; an object that was stored although every answer until the retry duration said otherwise
/// is in both places. A commit that comes again after a restart gives nothing up: the one before
/// may have been done, so it fails until the destination answers. The transform's results since the
/// last checkpoint are thrown away with the process, and made anew from the same records under the
/// same ids. Without checkpoints at an interval nothing is seen before the pipeline ends. While the
/// destination is tried again, write() waits: that is the back-pressure.
///
/// Errors: Failure (invalid_input) from the constructor for options that can't be, with the
/// option's name. From write(), tick() and flush(): Failure of the destination when its retry
/// duration has passed and no backup took the records, which stay buffered then, under the same
/// object name, while the rest of the batch was not taken; Failure (cancelled) when the pipeline
/// stops meanwhile. Under exactly_once those come from commit(), and with them conflict when
/// another object has the name; from the other calls those of file::Spool: the disk that is full
/// fails the pipeline, and nothing is lost at its restart. Threads: one strand. Cost: one copy of
/// each record and 16 bytes beside it; no allocation a record. Under exactly_once each record is
/// written twice, and read once. Source: Firehose developer guide: transformation, delivery,
/// dynamic partitioning.
class MILLRACE_EXPORT Delivery {
 public:
  explicit Delivery(Destination destination, DeliveryOptions options = {});
  Delivery(Delivery&&) noexcept;
  Delivery& operator=(Delivery&&) noexcept;
  ~Delivery();

  Task<> write(const Batch<Message>& batch, Context& cx);
  Task<> write(const Batch<Text>& batch, Context& cx);
  /// Delivers everything that is buffered. Under exactly_once nothing: checkpoints do.
  Task<> flush(Context& cx);
  /// Transforms and delivers what has its interval.
  Task<> tick(Context& cx);

  Guarantee guarantee() const;

  // Exactly-once: see TwoPhaseSink and StatefulSink.
  bool two_phase() const;
  Task<bool> finish(Context& cx);
  Task<Committable> prepare(CheckpointId id, Context& cx);
  Task<> commit(const Committable& committable, Context& cx);
  Task<> abort(Context& cx);
  void save(std::string& bytes) const;
  Result<void> load(std::string_view bytes);

  /// Shared: may be read from any thread, also after the delivery has gone into a pipeline.
  std::shared_ptr<const DeliveryMetrics> metrics() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// A predicate that passes records of at most 1,000 KiB and throws for larger ones, so that a
/// `filter` before a delivery sends them to the dead letters, with their bytes.
struct MILLRACE_EXPORT RecordLimit {
  ByteSize max{1'024'000};
  /// Errors: Failure (limit_exceeded).
  bool operator()(const Message& message) const { return check(message.data.size()); }
  bool operator()(const Text& record) const { return check(record.size()); }

 private:
  bool check(std::uint64_t bytes) const;
};

static_assert(SinkOf<Delivery, Message> && SinkOf<Delivery, Text> && FlushableSink<Delivery> &&
              TickedSink<Delivery> && TwoPhaseSink<Delivery> && StatefulSink<Delivery>);

}  // namespace millrace::firehose
