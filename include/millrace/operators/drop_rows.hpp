// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <vector>

#include "millrace/core/batch.hpp"

namespace millrace::detail {

/// Takes the records with these numbers, which ascend, out of a batch: those that a step has
/// rejected, which are rare.
template <class T>
void drop_rows(Batch<T>& batch, const std::vector<std::uint32_t>& gone) {
  std::vector<std::uint32_t> kept;
  kept.reserve(batch.size());
  auto next = gone.begin();
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    if (next != gone.end() && *next == i)
      ++next;
    else
      kept.push_back(i);
  }
  batch.keep(kept.data(), static_cast<std::uint32_t>(kept.size()));
}

}  // namespace millrace::detail
