// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <vector>

#include "operators/rig.hpp"

namespace rig {

/// Records of one time, and bounds that say so.
inline Batch<int> batch_of(std::vector<int> values, Duration time = 0s) {
  Batch<int> batch;
  for (int v : values) batch.push_back(v, at(time));
  batch.set_bounds(at(time), at(time));
  return batch;
}

}  // namespace rig
