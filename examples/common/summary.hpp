// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "stages.hpp"

namespace examples {

/// A line a stage: what it read, wrote, skipped and refused, or why it failed.
std::string stages_text(const std::vector<StageResult>& results);

/// 0 when all have finished, 130 when they were suspended, 1 when one failed.
int exit_code(const std::vector<StageResult>& results);

}  // namespace examples
