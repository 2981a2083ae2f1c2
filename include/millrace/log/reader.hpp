// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "millrace/core/batch.hpp"
#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/message.hpp"
#include "millrace/core/position.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/source.hpp"

namespace millrace::log {

/// Where to begin in a shard.
struct Start {
  enum class At : unsigned char { trim_horizon, latest, time, sequence };
  At at = At::trim_horizon;
  Timestamp timestamp{};     ///< At::time: the first record that arrived then or later
  std::uint64_t number = 0;  ///< At::sequence

  /// The oldest record that is kept.
  static constexpr Start trim_horizon() { return {}; }
  /// After the newest record there is when the start is resolved.
  static constexpr Start latest() { return {.at = At::latest}; }
  /// The first record that arrived at `t` or later; the oldest when t is before it, as latest()
  /// when there is none yet.
  static constexpr Start at_time(Timestamp t) { return {.at = At::time, .timestamp = t}; }
  static constexpr Start at_sequence(std::uint64_t n) { return {.at = At::sequence, .number = n}; }
  static constexpr Start after_sequence(std::uint64_t n) { return at_sequence(n + 1); }
};

/// Where a shard's reading ends.
struct Stop {
  enum class At : unsigned char {
    never,   ///< waits for more for ever
    sealed,  ///< after the last record of a sealed stream
    found,   ///< where the log ended when the start was resolved
    count,   ///< after this many records
  };
  At at = At::sealed;
  std::uint64_t number = 0;  ///< At::count

  static constexpr Stop never() { return {.at = At::never}; }
  static constexpr Stop when_sealed() { return {}; }
  static constexpr Stop end_as_found() { return {.at = At::found}; }
  static constexpr Stop after_count(std::uint64_t n) { return {.at = At::count, .number = n}; }
};

/// Reads one shard in order, up to what its writers have published. Whole chunks of the file go
/// into arenas, and the Messages view them.
/// Threads: one at a time. Lifetime: the Env outlives it; Messages live as long as their batch.
/// Cost: no copy and no allocation per record.
/// Errors of calls: not_found (no such stream or shard), trimmed (both offsets named), conflict (a
/// position past the end), corrupted (file and offset named), io.
class MILLRACE_EXPORT ShardReader {
 public:
  /// Does no I/O.
  ShardReader(Env& env, std::string directory, std::uint32_t shard, Start start = {},
              Stop stop = {});
  ShardReader(ShardReader&&) noexcept;
  ShardReader& operator=(ShardReader&&) noexcept;
  ~ShardReader();

  /// Makes the start a sequence number; later calls change nothing. load() does it, too.
  Result<void> resolve();
  /// Sequence number of the next record. Contract: resolve() or load() has succeeded.
  std::uint64_t next() const;

  /// Reads from the file when nothing is loaded: blocks. Says what take() will find.
  Result<ReadStatus> load(ArenaPool& arenas);
  /// Whether take() has something without load().
  bool loaded() const;
  /// Appends loaded records to `out`, at most out.room(). Does not block.
  Result<void> take(Batch<Message>& out);
  /// Both, until `out` is full or nothing is there.
  Result<ReadStatus> read(Batch<Message>& out, ArenaPool& arenas);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace::log
