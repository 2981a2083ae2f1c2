// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "millrace/log/log.hpp"
#include "shard.hpp"
#include "stream_info.hpp"

namespace millrace::log {

struct Log::State {
  Env& env;
  std::string directory;
  Options options;
  StreamInfo info;
  std::vector<std::unique_ptr<Shard>> shards;
  std::atomic<std::uint32_t> next_shard{0};  // for records without a key

  /// Shard of each record. Errors: invalid_input, unsupported.
  Result<void> route(std::span<const Record> records, std::span<Ack> acks);
};

/// Errors: invalid_input, naming the record's number.
Result<void> check_record(const Record& record, std::size_t number, const Options& options,
                          const std::string& directory);

}  // namespace millrace::log
