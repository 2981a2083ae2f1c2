// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "millrace/core/env.hpp"
#include "millrace/core/stop.hpp"
#include "millrace/core/task.hpp"
#include "millrace/runtime/pipeline.hpp"
#include "runtime/env/terminal.hpp"

namespace millrace::runtime {

/// Shows on stderr how a pipeline gets on: on a terminal a line that is redrawn, otherwise a plain
/// line every ten seconds. Threads: its strand.
class ProgressLine {
 public:
  ProgressLine(const Pipeline& pipeline, Env& env, Strand& strand)
      : pipeline_(pipeline), env_(env), strand_(strand) {}
  Task<> run();
  /// The pipeline has ended: run() shows a last line and returns.
  void end() { ended_.request(); }

 private:
  std::string line(const PipelineMetrics& metrics, Duration since_start) const;
  const Pipeline& pipeline_;
  Env& env_;
  Strand& strand_;
  Terminal terminal_;
  StopFlag ended_;
};

/// "1.2 M", "35.1 k", "512": a count for people.
std::string short_count(double n);

}  // namespace millrace::runtime
