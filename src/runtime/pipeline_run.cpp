// SPDX-License-Identifier: BSL-1.0
// Pipeline::run: the convenience that brings its own event loop.
#include <exception>
#include <optional>

#include "millrace/runtime/pipeline.hpp"
#include "millrace/runtime/real_env.hpp"
#include "runtime/progress.hpp"

namespace millrace {
namespace {

struct Ending {
  Outcome outcome = Outcome::aborted;
  std::exception_ptr error;
};

Task<> run_to_the_end(Pipeline& pipeline, Env& env, std::shared_ptr<Strand> strand, Ending& ending,
                      runtime::ProgressLine* progress) {
  try {
    ending.outcome = co_await pipeline.execute(env, strand);
  } catch (...) {
    ending.error = std::current_exception();
  }
  if (progress) progress->end();
}

}  // namespace

Outcome Pipeline::run(RunOptions options) {
  RealEnv real({.threads = options.threads});
  Env& env = real.env();
  auto strand = env.scheduler.make_strand();
  Ending ending;
  std::optional<runtime::ProgressLine> progress;
  if (options.progress == Progress::show) {
    progress.emplace(*this, env, *strand);
    env.scheduler.spawn(strand, progress->run());
  }
  if (options.signals == Signals::handle)
    real.on_termination_signal([this, signals = 0]() mutable {
      stop(signals++ == 0 ? StopMode::suspend : StopMode::abort);
    });
  env.scheduler.spawn(strand,
                      run_to_the_end(*this, env, strand, ending, progress ? &*progress : nullptr));
  real.run();
  if (ending.error) std::rethrow_exception(ending.error);
  return ending.outcome;
}

}  // namespace millrace
