// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>

#include "millrace/core/context.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/message.hpp"
#include "millrace/core/sink.hpp"
#include "millrace/log/log.hpp"

namespace millrace::log {

/// A stream as a sink, at least once: each write() appends its records by partition key, and they
/// are readable when it returns. After a failure the records since the last checkpoint come again.
/// For each record exactly once, at a checkpoint's delay, use TransactionalSink.
///
///     messages.to("stream-2", log::Sink{"/var/lib/bank/stream-2", {.shards = 4}});
///
/// The first write() opens the stream. With Durability::interval or none a write is cheaper, and
/// flush() makes it durable and readable.
/// Errors (Failure): those of Log::open() and Log::append().
class MILLRACE_EXPORT Sink {
 public:
  explicit Sink(std::string directory, Options options = {.shards = 1});
  Sink(Sink&&) noexcept;
  Sink& operator=(Sink&&) noexcept;
  ~Sink();
  Task<> write(const Batch<Message>& batch, Context& cx);
  Task<> flush(Context& cx);
  std::uint32_t max_in_flight() const { return 1; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace::log
