// SPDX-License-Identifier: BSL-1.0
#include "workspace.hpp"

#include <cstdio>
#include <filesystem>

#include "common/chart.hpp"

namespace accidents {

using namespace millrace;
using examples::grouped;

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

void remove_results(const std::string& directory) {
  for (const char* name :
       {"input.csv", "stream-1", "stream-2", "lake", "totals.jsonl", "late.jsonl", "metrics",
        "alerts", "rejects", "state", ".spool", "report.html"})
    std::filesystem::remove_all(std::filesystem::path(directory) / name);
}

}  // namespace accidents
