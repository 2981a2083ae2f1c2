// SPDX-License-Identifier: BSL-1.0
#include "workspace.hpp"

#include <cstdio>
#include <filesystem>

#include "chart.hpp"
#include "millrace/log/log.hpp"

namespace accidents {

using namespace millrace;

void generate_file(Env& env, const std::string& path, const GenerateOptions& options) {
  if (env.fs.info(path).value()) return;
  const std::string unfinished = path + ".unfinished";
  auto file = env.fs.open(unfinished, OpenMode::create).value();
  file->truncate(0).value();
  Generator generator(options);
  std::string chunk;
  for (std::uint64_t at = 0; generator.next(chunk); at += chunk.size(), chunk.clear())
    file->write_at(at, chunk).value();
  file->close().value();
  env.fs.rename(unfinished, path).value();
  std::printf("generated %s rows in %s\n", grouped(generator.rows()).c_str(), path.c_str());
}

void make_streams(Env& env, const Config& c) {
  for (const char* stream : {"stream-1", "stream-2"})
    log::Log::open(env, c.path(stream), {.shards = c.shards}).value().close().value();
}

void warn_of_doubles(Env& env, const Config& c) {
  if (env.fs.info(c.path("state/producer/snapshot")).value()) return;
  auto opened = log::Log::open(env, c.path("stream-1"));
  if (!opened && opened.error().code() == Errc::not_found) return;  // or just being made
  const log::Log stream = std::move(opened).value();
  std::uint64_t records = 0;
  for (std::uint32_t shard = 0; shard < stream.shards(); ++shard) {
    log::ShardReader end(env, c.path("stream-1"), shard, log::Start::latest());
    end.resolve().value();
    records += end.next();
  }
  if (records > 0)
    std::fprintf(stderr,
                 "accidents: stream 1 holds %s records of a producer that was killed; it begins "
                 "again, so they come twice (at-least-once)\n",
                 grouped(records).c_str());
}

void remove_results(const std::string& directory) {
  for (const char* name : {"input.csv", "stream-1", "stream-2", "lake", "totals.jsonl",
                           "late.jsonl", "metrics", "alerts", "rejects", "state", "report.html"})
    std::filesystem::remove_all(std::filesystem::path(directory) / name);
}

}  // namespace accidents
