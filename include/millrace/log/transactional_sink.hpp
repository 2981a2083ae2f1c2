// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>

#include "millrace/core/context.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/message.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/log/options.hpp"

namespace millrace::log {

struct TransactionalOptions {
  Options log = {.shards = 1};
  /// Tells this sink's spool files from others' in the same stream; the step's name when empty.
  /// Give subtasks that run side by side names of their own.
  std::string producer = {};
};

/// A stream as a sink, exactly once: records go to a spool file beside the shards, are synced with
/// the checkpoint, and are appended once it is decided: all of a shard's or none, under an id that
/// the shard remembers, so that a commit which comes again after a restart changes nothing.
/// Readers never wait for an open transaction.
/// Errors (Failure): those of Log::open() and Log::append(); not_found when a spool is gone that no
/// shard has taken; corrupted (file and offset named).
/// Cost: each record is written twice; a commit holds the checkpoint's records of one shard in
/// memory.
class MILLRACE_EXPORT TransactionalSink {
 public:
  explicit TransactionalSink(std::string directory, TransactionalOptions options = {});
  TransactionalSink(TransactionalSink&&) noexcept;
  TransactionalSink& operator=(TransactionalSink&&) noexcept;
  ~TransactionalSink();
  Task<> write(const Batch<Message>& batch, Context& cx);
  Task<Committable> prepare(CheckpointId id, Context& cx);
  Task<> commit(const Committable& committable, Context& cx);
  /// Deletes the producer's spools that are left: no checkpoint lists them.
  Task<> abort(Context& cx);
  std::uint32_t max_in_flight() const { return 1; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace::log
