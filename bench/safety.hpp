// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "harness.hpp"

namespace bench::safety {

/// C1-W1, C1-W3, C1-Q1 ...: each workload with a checkpoint each second against the same without.
/// False when they came to different results.
bool run(const Options& options);

}  // namespace bench::safety
