// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>

#include "millrace/core/env.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::log {

/// What the file "stream" in a log's directory says.
struct StreamInfo {
  std::uint32_t shards = 1;
  std::uint64_t id = 0;  // random; part of every segment's id
  Timestamp created{};
};

inline constexpr std::uint32_t most_shards = 10'000;

/// Errors: not_found, corrupted, unsupported, io.
Result<StreamInfo> read_stream(Fs& fs, const std::string& directory);
/// Reads it, or makes a stream of `shards` shards when there is none and shards is not 0. Of
/// several processes that make it at once, one wins. Errors: those of read_stream(), conflict
/// when it has another number of shards, invalid_input.
Result<StreamInfo> open_stream(Env& env, const std::string& directory, std::uint32_t shards);

}  // namespace millrace::log
