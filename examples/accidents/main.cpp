// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <span>

#include "common/stages.hpp"
#include "common/summary.hpp"
#include "config.hpp"
#include "layers.hpp"
#include "millrace/log/log.hpp"
#include "millrace/runtime/real_env.hpp"
#include "results.hpp"
#include "workspace.hpp"

using namespace accidents;
using namespace examples;
using millrace::Env;

namespace {

Stage producing(const Config& c) {
  return {"producer", producer(c), c.path("state/producer"), c.path("stream-1")};
}
Stage analysing(Env& env, const Config& c) {
  return {"analyst", analyst(env, c), c.path("state/analyst"), c.path("stream-2")};
}
Stage watching(const Config& c) { return {"watcher", watcher(c), c.path("state/watcher")}; }

std::vector<Stage> stages_of(Env& env, const Config& c) {
  std::vector<Stage> stages;
  if (c.command != Command::consume) stages.push_back(producing(c));
  if (c.command == Command::produce) return stages;
  stages.push_back(watching(c));
  stages.push_back(analysing(env, c));
  return stages;
}

void report_results(Env& env, const Config& c) {
  const Report report = write_report(env, c).value();
  std::fputs((totals_text(report) + "\n" + places_text(report.places)).c_str(), stdout);
}

int run(Env& env, Config c) {
  env.fs.make_directories(c.dir).value();
  if (c.command != Command::consume) {
    if (c.input.empty()) generate_file(env, c.input = c.path("input.csv"), c.generate);
  }
  for (const char* stream : {"stream-1", "stream-2"})  // made here: a consumer may come first
    millrace::log::Log::open(env, c.path(stream), {.shards = c.shards}).value().close().value();
  const std::vector<StageResult> results = run_stages(env, stages_of(env, c), c.running);
  std::fputs(stages_text(results).c_str(), stdout);
  if (c.command != Command::produce) {
    std::fputs("\n", stdout);
    report_results(env, c);
  }
  return exit_code(results);
}

int main_of(Env& env, const Config& c) {
  switch (c.command) {
    case Command::help:
      std::fputs(help_text().c_str(), stdout);
      return 0;
    case Command::generate:
      generate_file(env, c.output.empty() ? "accidents.csv" : c.output, c.generate);
      return 0;
    case Command::report:
      report_results(env, c);
      return 0;
    case Command::demo:
      remove_results(c.dir);
      return run(env, c);
    case Command::run:
    case Command::produce:
    case Command::consume:
      return run(env, c);
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto config = parse_config(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!config) {
    std::fprintf(stderr, "accidents: %s\n", config.error().message().c_str());
    return 2;
  }
  millrace::RealEnv real;
  return main_of(real.env(), *config);
} catch (const std::exception& e) {
  std::fprintf(stderr, "accidents: %s\n", e.what());
  return 1;
}
