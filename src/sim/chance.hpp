// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/rng.hpp"

namespace millrace::sim {

/// True with the given probability. Draws only when it is neither never nor always, so that a
/// switched-off fault leaves the rest of the run as it is.
inline bool chance(Rng& rng, double probability) {
  if (probability <= 0) return false;
  if (probability >= 1) return true;
  return static_cast<double>(rng.next() >> 11) * 0x1p-53 < probability;
}

}  // namespace millrace::sim
