// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/sim/check.hpp"

namespace sim_jobs {

/// Bids in thirds to a file of lines, a lake and an index.
void files(millrace::Topology& t, millrace::sim::World& w);

/// The accidents example's analytical layer: what is severe, and totals in windows.
void accidents_analysis(millrace::Topology& t, millrace::sim::World& w);

/// The bank example's two deliveries: to the index and to the lake, with a transform each; index,
/// lake, backup and spools are on the simulated disk.
void bank_deliveries(millrace::Topology& t, millrace::sim::World& w);

}  // namespace sim_jobs
