// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/sim/check.hpp"

namespace sim_jobs {

/// The accidents example's analytical layer: what is severe, and totals in windows.
void accidents_analysis(millrace::Topology& t, millrace::sim::World& w);

}  // namespace sim_jobs
