// SPDX-License-Identifier: BSL-1.0
#include "summary.hpp"

#include <algorithm>

#include "chart.hpp"

namespace examples {

using namespace millrace;

namespace {

void add_count(std::string& text, std::uint64_t count, std::string_view what) {
  if (count > 0) text += ", " + grouped(count) + " " + std::string(what);
}

std::string stage_text(const StageResult& result) {
  std::string text = result.name;
  text.resize(10, ' ');
  if (!result.error.empty()) return text + "failed: " + result.error + "\n";
  std::uint64_t read = 0, errors = 0, late = 0, skipped = 0;
  for (const StepMetrics& step : result.metrics.steps) {
    if (step.kind == "source") read += step.out;
    if (step.kind == "decode") skipped += step.in - step.out - step.errors;
    errors += step.errors;
    late += step.late;
  }
  text += result.outcome == Outcome::finished ? "read " : "suspended after ";
  text += grouped(read);
  add_count(text, skipped, "empty ones skipped");
  add_count(text, errors, "dead letters");
  add_count(text, late, "late");
  for (const StepMetrics& step : result.metrics.steps)
    if (step.kind == "sink") add_count(text, step.out, "to " + step.step);
  return text + "\n";
}

}  // namespace

std::string stages_text(const std::vector<StageResult>& results) {
  std::string text;
  for (const StageResult& result : results) text += stage_text(result);
  if (exit_code(results) == 130) text += "Suspended: the same command goes on from here.\n";
  return text;
}

int exit_code(const std::vector<StageResult>& results) {
  const auto failed = [](const StageResult& r) { return !r.error.empty(); };
  const auto finished = [](const StageResult& r) { return r.outcome == Outcome::finished; };
  if (std::ranges::any_of(results, failed)) return 1;
  return std::ranges::all_of(results, finished) ? 0 : 130;
}

}  // namespace examples
