// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "harness.hpp"

namespace bench::files {

/// W1 from a file to a file. It reads the one that write_inputs() has left, or makes one and
/// removes it.
bool run_w1(const Options& options);

/// Writes the inputs of the wanted ones of W1, W2-100, W2-100k and W2-1M to options.files for other
/// programs, and prints for each what it must come to: `W1 records 500000 count 23000 sum 1f...`.
/// W1: CSV; the sum is that of its lines' CRC-32. W2: events as they lie in memory.
void write_inputs(const Options& options);

}  // namespace bench::files
