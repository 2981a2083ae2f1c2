// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include "millrace/core/batch.hpp"
#include "millrace/core/time.hpp"
#include "millrace/graph/barrier.hpp"

namespace millrace {

/// What happens to one of the partitions (or input channels) that feed a chain.
enum class PartitionEvent : unsigned char {
  opened,     ///< records of it may come; until one does, it holds the watermark back
  caught_up,  ///< it has no more records now; one that was empty so far is idle at once
  ended,      ///< it will never have more
};

/// The typed edge: one virtual call per step and batch.
/// Contract: the calls come in the order in which things happen; control events never overtake
/// records. Threads: one strand.
template <class T>
class Port {
 public:
  virtual ~Port() = default;
  /// Records. The callee may read, write, compact or steal (move_to) them; the caller clears.
  virtual void push(Batch<T>& batch) = 0;
  /// No record with a smaller time will come that is not late.
  virtual void watermark(Timestamp t) = 0;
  /// Nothing comes for now: a merge need not wait for this input's watermark until it does.
  virtual void idle() = 0;
  virtual void partition(std::uint32_t index, PartitionEvent event) = 0;
  virtual void barrier(Barrier& barrier) = 0;
  /// Nothing will come any more. The final watermark, end_of_time, came before.
  virtual void end() = 0;
};

}  // namespace millrace
