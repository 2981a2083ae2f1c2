// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "millrace/core/env.hpp"
#include "millrace/runtime/pipeline.hpp"
#include "run_settings.hpp"

namespace examples {

/// A pipeline that runs beside others in this process.
struct Stage {
  std::string name;
  millrace::Topology topology;
  std::string state_directory;
  std::string seals = {};  ///< a stream that is complete when this stage has finished
};

struct StageResult {
  std::string name;
  millrace::Outcome outcome = millrace::Outcome::aborted;
  std::string error = {};
  millrace::PipelineMetrics metrics = {};
};

/// Runs all stages at once, a thread each, until every one has ended. SIGINT and SIGTERM suspend
/// them; a failure of one suspends the others. The last one's progress is shown.
std::vector<StageResult> run_stages(millrace::Env& env, std::vector<Stage> stages,
                                    const RunSettings& settings);

}  // namespace examples
