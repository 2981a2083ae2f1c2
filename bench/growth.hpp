// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "harness.hpp"

namespace bench::growth {

/// How the time a record grows with keys, record size, steps, partitions, workers and state: series
/// G-keys, G-rows, G-bytes, G-maps, G-updates, G-partitions, G-workers, G-seconds (workers, whose
/// records' times are whole seconds) and G-state, of which each point is a line
/// `G-keys-1000 ns 4.62`. Only those that are asked for by name; `G` is all.
bool run(const Options& options);

}  // namespace bench::growth
