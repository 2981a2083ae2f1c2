// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/position.hpp"
#include "millrace/core/result.hpp"
#include "millrace/graph/barrier.hpp"

namespace millrace::detail {

/// What a snapshot keeps of one partition of a source.
struct MILLRACE_EXPORT PartitionState {
  std::string id;
  Position position;
  bool ended = false;
  bool carried = false;  ///< from the snapshot before, by a subtask that did not read it since
  StateItem to_item() const;
  /// Errors: corrupted, when the bytes are not what to_item() wrote.
  static Result<PartitionState> from_item(const StateItem& item);
};

/// The partitions that all subtasks of a source have read to their end: a child waits for its
/// parents, wherever they are read. Threads: any.
class MILLRACE_EXPORT EndedPartitions {
 public:
  void add(const std::string& id);
  std::size_t count() const;
  /// True when each of them has ended.
  bool all(const std::vector<Partition>& known) const;
  /// True when each parent has ended, or is not known any more and so has left the retention.
  bool all_ended(const std::vector<std::string>& parents,
                 const std::vector<Partition>& known) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> ended_;
};

}  // namespace millrace::detail
