// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>

#include "millrace/core/export.hpp"

namespace millrace::detail {

/// A file's name for one subtask of a step: the step's name, with what is no letter, digit, '-' or
/// '_' as %XX, a dot and the subtask.
MILLRACE_EXPORT std::string step_file_name(const std::string& step, std::uint32_t subtask);

}  // namespace millrace::detail
