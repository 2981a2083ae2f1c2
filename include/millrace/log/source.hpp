// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/core/context.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/message.hpp"
#include "millrace/core/source.hpp"
#include "millrace/log/reader.hpp"

namespace millrace::log {

struct SourceOptions {
  Start start{};
  Stop stop{};
  /// Makes the stream when it is absent, so that a consumer may come first; 0: not_found then.
  std::uint32_t shards = 0;
};

/// One shard as a Reader. Its position is the decimal sequence number of the next record; one that
/// was never resolved is the start's name.
/// Errors (Failure): those of ShardReader.
class MILLRACE_EXPORT ShardSource {
 public:
  using value_type = Message;
  ShardSource(std::string directory, std::uint32_t shard, Start start, Stop stop,
              Position position);
  Task<ReadStatus> read(Batch<Message>& out, Context& cx);
  Position position() const;

 private:
  std::string directory_;
  std::uint32_t shard_;
  Start start_;
  Stop stop_;
  Position position_;
  std::unique_ptr<ShardReader> reader_;
};

/// A stream as a source: a partition for each shard, called "shard-000000" and so on.
///
///     topology.source("incidents", log::Source{"/var/lib/bank/incidents"});
///
/// discover() recovers the shards and resolves the start of each, so that position() says where a
/// pipeline that started at LATEST began before it has read anything.
/// Errors (Failure): those of Log::open() and ShardReader; a position that is not this source's is
/// invalid_input.
class MILLRACE_EXPORT Source {
 public:
  using value_type = Message;
  explicit Source(std::string directory, SourceOptions options = {});
  Task<std::vector<Partition>> discover(Context& cx);
  ShardSource open(const Partition& partition, const Position& position);

 private:
  Result<void> resolve(Env& env);
  std::string directory_;
  SourceOptions options_;
  std::vector<Position> starts_;  // of the shards, once they are known
};

}  // namespace millrace::log
