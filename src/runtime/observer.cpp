// SPDX-License-Identifier: BSL-1.0
#include "millrace/runtime/observer.hpp"

namespace millrace {

Observer::~Observer() = default;
void Observer::on_state(const PipelineStatus&) {}
void Observer::on_failure(const Error&) {}
void Observer::on_checkpoint(CheckpointId) {}
void Observer::on_checkpoint_failed(CheckpointId, const Error&) {}
void Observer::on_warning(std::string_view) {}
void Observer::on_end(const PipelineMetrics&) {}

std::string_view to_string(PipelineState state) {
  switch (state) {
    case PipelineState::idle:
      return "idle";
    case PipelineState::restoring:
      return "restoring";
    case PipelineState::running:
      return "running";
    case PipelineState::stopping:
      return "stopping";
    case PipelineState::failing:
      return "failing";
    case PipelineState::suspended:
      return "suspended";
    case PipelineState::finished:
      return "finished";
    case PipelineState::aborted:
      return "aborted";
    case PipelineState::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace millrace
