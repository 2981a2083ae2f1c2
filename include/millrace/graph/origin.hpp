// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

namespace millrace {

/// Where records come from; for dead letters. Known by its address, so that it costs nothing to
/// pass on. Threads: any, since it does not change. Lifetime: its source's, that is the pipeline's.
struct Origin {
  std::string source;
  std::string partition = {};     ///< empty: any of the source's
  const Origin* whole = nullptr;  ///< the same source with any partition
};

/// What is known of records of which some come from `a` and some from `b`; null is nothing.
inline const Origin* common_origin(const Origin* a, const Origin* b) {
  if (a == b) return a;
  if (!a || !b) return nullptr;
  const Origin* whole = a->whole ? a->whole : a;
  // Each subtask of a source has an Origin of its own.
  return whole->source == b->source ? whole : nullptr;
}

}  // namespace millrace
