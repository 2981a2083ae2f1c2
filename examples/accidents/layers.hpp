// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "config.hpp"
#include "millrace/core/env.hpp"
#include "millrace/stream/topology.hpp"

/// The three programs that the job is made of, each between its embedded endpoints. They meet only
/// in the two streams, so that they run in one process or in several.
namespace accidents {

/// The CSV file -> stream 1.
millrace::Topology producer(const Config& config);
/// Stream 1 -> raw layer, totals, stream 2. Errors: Failure of opening the lake.
millrace::Topology analyst(millrace::Env& env, const Config& config);
/// Stream 2 -> metric and alerts.
millrace::Topology watcher(const Config& config);

}  // namespace accidents
