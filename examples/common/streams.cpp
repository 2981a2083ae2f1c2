// SPDX-License-Identifier: BSL-1.0
#include "streams.hpp"

#include <cstdio>

#include "chart.hpp"
#include "millrace/log/log.hpp"
#include "millrace/log/reader.hpp"

namespace examples {

using namespace millrace;

void warn_of_doubles(Env& env, const std::string& job, const std::string& directory,
                     const std::string& snapshot) {
  if (env.fs.info(snapshot).value()) return;
  auto opened = log::Log::open(env, directory);
  if (!opened && opened.error().code() == Errc::not_found) return;  // or just being made
  const log::Log stream = std::move(opened).value();
  std::uint64_t records = 0;
  for (std::uint32_t shard = 0; shard < stream.shards(); ++shard) {
    log::ShardReader end(env, directory, shard, log::Start::latest());
    end.resolve().value();
    records += end.next();
  }
  if (records > 0)
    std::fprintf(stderr,
                 "%s: %s holds %s records of a producer that was killed; it begins again, so they "
                 "come twice (at-least-once)\n",
                 job.c_str(), directory.c_str(), grouped(records).c_str());
}

}  // namespace examples
