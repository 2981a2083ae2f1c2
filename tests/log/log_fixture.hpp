// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "millrace/log/format.hpp"
#include "millrace/log/log.hpp"
#include "millrace/log/reader.hpp"
#include "millrace/sim/env.hpp"

namespace log_test {

using namespace millrace;
using namespace millrace::log;

/// Keeps what was logged.
struct Messages final : Logger {
  std::vector<std::string> lines;
  void log(LogLevel, std::string_view message) override { lines.emplace_back(message); }
};

inline const std::string dir = "log";

inline std::string segment_path(std::uint64_t base, std::uint32_t shard = 0) {
  return dir + '/' + shard_name(shard) + '/' + segment_name(base);
}
inline std::string published_path(std::uint32_t shard = 0) {
  return dir + '/' + shard_name(shard) + "/published";
}

/// Base offsets of a shard's segments.
inline std::vector<std::uint64_t> segment_bases(millrace::Env& env, std::uint32_t shard = 0) {
  std::vector<std::uint64_t> bases;
  const auto names = env.fs.list(dir + '/' + shard_name(shard)).value();
  for (const std::string& name : names)
    if (const auto base = parse_segment_name(name)) bases.push_back(*base);
  return bases;
}

/// Everything a reader gets from a shard until it is idle or at its end.
inline Result<std::vector<std::string>> read_shard(millrace::Env& env, std::uint32_t shard = 0,
                                                   Start start = {}, Stop stop = {}) {
  ArenaPool arenas;
  ShardReader reader(env, dir, shard, start, stop);
  std::vector<std::string> out;
  Batch<Message> batch;
  for (;;) {
    batch.clear();
    auto status = reader.read(batch, arenas);
    if (!status) return status.take_error();
    for (std::uint32_t i = 0; i < batch.size(); ++i) out.push_back(batch[i].data.str());
    if (*status != ReadStatus::more) return out;
  }
}

/// Appends one record of shard 0's stream and gives its sequence number.
inline std::uint64_t put(Log& log, std::string_view data) {
  return log.append(Record{.data = data, .key = "k"}).value().sequence;
}

/// Replaces a file's contents, as damage does.
inline void overwrite(millrace::Env& env, const std::string& path, std::string_view bytes) {
  auto file = env.fs.open(path, OpenMode::create).value();
  file->truncate(0).value();
  file->write_at(0, bytes).value();
}

}  // namespace log_test
