// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>

#include "millrace/core/export.hpp"
#include "millrace/core/time.hpp"
#include "millrace/graph/budget.hpp"

namespace millrace::detail {

/// The windows of a step passed the state budget.
[[noreturn]] MILLRACE_EXPORT void throw_state_limit(const std::string& step, std::uint64_t bytes,
                                                    const StateBudget& budget);
/// A record's time is so near the end of what a Timestamp holds that no window contains it.
[[noreturn]] MILLRACE_EXPORT void throw_outside(Timestamp t);

}  // namespace millrace::detail
