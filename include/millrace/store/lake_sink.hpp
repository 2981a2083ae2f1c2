// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>

#include "millrace/core/message.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/core/units.hpp"
#include "millrace/store/directory.hpp"
#include "millrace/store/lake_layout.hpp"

namespace millrace::store {

/// When a lake's object is closed and stored.
struct LakeOptions {
  LakeTable table;
  ByteSize roll_size{5u << 20};                        ///< at this size or more
  Duration roll_interval = std::chrono::seconds(300);  ///< this long after its first record
  std::uint32_t max_open = 16;  ///< more days than this at once close the largest object
};

/// Writes messages, one a line, into objects of the lake's layout by the day of each record's time.
///
/// At-least-once: after flush() every record written is in an object; a record written again after
/// a restart is there twice. Objects are built in memory, so roll_size * max_open bounds what the
/// sink holds.
/// Errors: Failure of the store's put; Failure (invalid_input) from the constructor for a table
/// that can't be a key.
class MILLRACE_EXPORT LakeSink {
 public:
  LakeSink(Directory store, LakeOptions options);
  LakeSink(LakeSink&&) noexcept;
  LakeSink& operator=(LakeSink&&) noexcept;
  ~LakeSink();

  Task<> write(const Batch<Message>& batch, Context& cx);
  Task<> flush(Context& cx);
  Task<> tick(Context& cx);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The same, exactly once: objects are staged as uploads, become visible when their checkpoint is
/// decided, and their names are fixed in it. Every checkpoint closes the objects that are open:
/// taken each second, there is an object a second and day. firehose::Delivery carries its open
/// buffers through checkpoints instead.
///
/// Contract: no other sink writes to the same table of the same store while this one starts, since
/// abort() drops every upload below the table's prefix.
/// Errors: as LakeSink; from commit() corrupted for bytes it did not make, conflict when another
/// object has the name, not_found when neither upload nor object is there.
class MILLRACE_EXPORT ExactlyOnceLakeSink {
 public:
  ExactlyOnceLakeSink(Directory store, LakeOptions options);
  ExactlyOnceLakeSink(ExactlyOnceLakeSink&&) noexcept;
  ExactlyOnceLakeSink& operator=(ExactlyOnceLakeSink&&) noexcept;
  ~ExactlyOnceLakeSink();

  Task<> write(const Batch<Message>& batch, Context& cx);
  Task<> tick(Context& cx);
  Task<Committable> prepare(CheckpointId id, Context& cx);
  Task<> commit(const Committable& committable, Context& cx);
  Task<> abort(Context& cx);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

static_assert(SinkOf<LakeSink, Message> && FlushableSink<LakeSink> && TickedSink<LakeSink>);
static_assert(SinkOf<ExactlyOnceLakeSink, Message> && TwoPhaseSink<ExactlyOnceLakeSink> &&
              TickedSink<ExactlyOnceLakeSink>);

}  // namespace millrace::store
