// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/log/options.hpp"

namespace millrace::log {

class Shard;
class Transactions;
struct StreamInfo;

/// "shard-000003"
MILLRACE_EXPORT std::string shard_name(std::uint32_t index);
/// The number in such a name. Errors: invalid_input.
MILLRACE_EXPORT Result<std::uint32_t> parse_shard_name(std::string_view name);

/// The embedded stream: records in shards, each an ordered file log that survives power loss.
///
///     auto log = log::Log::open(env, "/var/lib/bank/incidents", {.shards = 4});
///     std::vector<log::Ack> acks(records.size());
///     auto done = log->append(records, acks);     // durable when it returns
///
/// Any number of processes may append to one stream and read it meanwhile.
/// Threads: any; appends to a shard that meet share one write and one sync. Calls block.
/// Lifetime: the Env outlives it. Cost: docs/reference/log.md.
class MILLRACE_EXPORT Log {
 public:
  /// Opens a stream, recovers each shard, and makes what is not there.
  /// Errors: not_found, conflict (another number of shards; both named), corrupted (file and
  /// offset named), unsupported (a newer format), io, out_of_space, invalid_input.
  static Result<Log> open(Env& env, std::string directory, Options options = {});
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  /// close(), in silence.
  ~Log();

  /// Appends records, in order within a shard. acks[i] is that of records[i]; its sequence is
  /// Ack::none when the record was not acknowledged. Shards do not wait for each other: after an
  /// error some may have taken theirs.
  /// Errors: invalid_input (a record's size or key; then nothing was appended), out_of_space
  /// (nothing of that shard was appended; append again when there is room), conflict (the stream is
  /// sealed), io (the shard recovers at the next append; records without an Ack may be there or
  /// not), corrupted.
  Result<void> append(std::span<const Record> records, std::span<Ack> acks);
  Result<Ack> append(const Record& record);
  /// Syncs what Durability::interval or none left, and shows it to readers. Errors: io.
  Result<void> flush();
  /// Ends the stream: readers come to its end, appends are refused, for good. Errors: io.
  Result<void> seal();
  /// Removes what has left the retention, as each new segment does; the number of segments removed.
  /// Errors: io.
  Result<std::size_t> trim();
  /// flush(), and gives reserved room back. Errors: io, out_of_space.
  Result<void> close();

  std::uint32_t shards() const;
  const std::string& directory() const;
  /// Why a shard's last call failed; empty while it is healthy.
  std::string trouble(std::uint32_t shard) const;
  /// How many torn tails recovery has cut since open().
  std::uint64_t tails_cut() const;

 private:
  friend class Transactions;
  struct State;
  explicit Log(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace::log
