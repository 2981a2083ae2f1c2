// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "harness.hpp"

namespace bench::latency {

/// L1: 10 M records a second, 100 keys, windows of 100 ms: from the moment that the record which
/// ends a window was due to each of the window's results at the sink. By the clock. False when
/// results are missing.
bool run(const Options& options);

}  // namespace bench::latency
