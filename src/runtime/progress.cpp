// SPDX-License-Identifier: BSL-1.0
#include "runtime/progress.hpp"

#include <array>
#include <cstdio>

namespace millrace::runtime {

std::string short_count(double n) {
  constexpr std::array<const char*, 4> units = {"", " k", " M", " G"};
  std::size_t unit = 0;
  while (n >= 1000 && unit + 1 < units.size()) n /= 1000, ++unit;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 || n >= 100 ? "%.0f%s" : "%.1f%s", n,
                units[unit]);
  return text.data();
}

std::string ProgressLine::line(const PipelineMetrics& metrics, Duration since_start) const {
  std::uint64_t read = 0, written = 0, errors = 0, late = 0, queued = 0;
  for (const StepMetrics& step : metrics.steps) {
    if (step.kind == "source") read += step.out;
    if (step.kind == "sink") written += step.out, queued += step.queued;
    errors += step.errors;
    late += step.late;
  }
  const double seconds = std::chrono::duration<double>(since_start).count();
  std::string text = std::string(to_string(pipeline_.status().state)) + "  read " +
                     short_count(static_cast<double>(read));
  if (seconds > 0.5) text += " (" + short_count(static_cast<double>(read) / seconds) + "/s)";
  text += "  written " + short_count(static_cast<double>(written));
  if (queued) text += "  queued " + short_count(static_cast<double>(queued));
  if (late) text += "  late " + short_count(static_cast<double>(late));
  if (errors) text += "  errors " + short_count(static_cast<double>(errors));
  return text;
}

Task<> ProgressLine::run() {
  const MonotonicTime start = env_.clock.monotonic();
  const Duration period =
      terminal_.interactive() ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
  for (bool going = true; going;) {
    Sleep pause(strand_, ended_, env_.clock.monotonic() + period);
    going = co_await pause;
    const auto since = std::chrono::duration_cast<Duration>(env_.clock.monotonic() - start);
    const std::string text = line(pipeline_.metrics(), since);
    if (terminal_.interactive())
      terminal_.redraw(text);
    else
      terminal_.print(text);
  }
  if (terminal_.interactive()) terminal_.keep();
}

}  // namespace millrace::runtime
