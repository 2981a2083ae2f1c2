// SPDX-License-Identifier: BSL-1.0
#include "stages.hpp"

#include <memory>
#include <thread>

#include "millrace/log/log.hpp"

namespace examples {

using namespace millrace;

namespace {

void seal(Env& env, const std::string& stream) {
  log::Log log = log::Log::open(env, stream).value();
  log.seal().value();
}

/// Runs one stage to its end. Whatever goes wrong is in the result.
void run_stage(Env& env, const Stage& stage, Pipeline& pipeline, Progress progress,
               StageResult& result) {
  result.name = stage.name;
  try {
    result.outcome = pipeline.run({.signals = Signals::handle, .progress = progress});
    if (result.outcome == Outcome::finished && !stage.seals.empty()) seal(env, stage.seals);
  } catch (const std::exception& e) {
    result.error = e.what();
  }
  result.metrics = pipeline.metrics();
}

}  // namespace

std::vector<StageResult> run_stages(Env& env, std::vector<Stage> stages,
                                    const RunSettings& settings) {
  std::vector<StageResult> results(stages.size());
  std::vector<std::unique_ptr<Pipeline>> pipelines;
  const Duration interval = settings.checkpoint_interval;
  Duration first_after = interval;
  for (Stage& stage : stages) {
    pipelines.push_back(std::make_unique<Pipeline>(
        std::move(stage.topology),
        PipelineOptions{.parallelism = settings.parallelism,
                        .state_directory = stage.state_directory,
                        .checkpoints = {.interval = interval, .first_after = first_after}}));
    first_after += interval / 4;  // a stage goes on with what the one before it has decided
  }
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < stages.size(); ++i)
      threads.emplace_back([&, i] {
        const Progress progress = i + 1 == stages.size() ? Progress::show : Progress::off;
        run_stage(env, stages[i], *pipelines[i], progress, results[i]);
        // One that was stopped seals nothing, so the others would wait for it: a signal may have
        // come before they listened.
        if (results[i].error.empty() && results[i].outcome == Outcome::finished) return;
        for (const auto& other : pipelines) other->stop(StopMode::suspend);
      });
  }
  return results;
}

}  // namespace examples
