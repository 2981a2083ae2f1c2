// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "harness.hpp"

namespace bench::workers {

/// P-100, P-100k, P-1M: the windows of W2 by two workers with a key exchange between them, against
/// one. By the clock, whatever the options say. False when they came to different results.
bool run(const Options& options);

}  // namespace bench::workers
