// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "millrace/sim/check.hpp"

namespace millrace::sim {

/// The faults of a seed: at least three crashes, one in four of them in the recovery from another,
/// and more than ten other faults, as far as `kinds` has them. `sites` are those that the
/// fault-free run of the same seed came by, `length` is how long that took. Over the seeds each
/// site gets its crash.
Plan draw_plan(std::uint64_t seed, FaultKinds kinds,
               const std::map<std::string, SiteHits, std::less<>>& sites, Duration length);

}  // namespace millrace::sim
