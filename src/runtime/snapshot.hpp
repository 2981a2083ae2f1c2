// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/sink.hpp"
#include "millrace/graph/barrier.hpp"

namespace millrace::runtime {

class StoredItems;

/// A checkpoint: everything that a pipeline needs to go on. The state of every step, source
/// positions among it, and what its two-phase sinks have prepared.
struct Snapshot {
  struct Item {
    std::string step;
    std::uint32_t subtask = 0;
    StateItem state;
  };
  struct Prepared {
    std::string step;
    std::uint32_t subtask = 0;
    Committable committable;
  };
  struct Parallelism {
    std::string step;
    std::uint32_t subtasks = 0;
    std::string kind = {};
    std::string schema = {};  ///< the type of its state as text; may be empty
  };
  CheckpointId id = 0;
  std::string pipeline = {};
  std::vector<Parallelism> steps = {};
  std::vector<Item> items = {};
  std::vector<Prepared> prepared = {};
  /// Items that are not in memory; null: there are none.
  std::shared_ptr<const StoredItems> stored = {};
};

/// Takes items one at a time.
using TakeItem = std::function<void(Snapshot::Item)>;
/// Gives items one at a time, as they are made. Errors: Failure.
using GiveItems = std::function<void(const TakeItem&)>;

/// Items where a checkpoint keeps them.
class StoredItems {
 public:
  virtual ~StoredItems() = default;
  /// Hands each of them over, until one is refused. Errors: corrupted, io, unavailable; what `take`
  /// gives. Calls block. Cost: in memory is one file of state at a time.
  virtual Result<void> each(const std::function<Result<void>(Snapshot::Item)>& take) const = 0;
};

/// The format of files named `snapshot`, which programs wrote before there were manifests; they are
/// still read. "MRSNAP01", u64 length, u64 xxh64, then the fields in order; integers little-endian,
/// strings with a u64 length before them.
/// Errors: corrupted, unsupported (a newer format), with `file` in the message.
Result<Snapshot> from_bytes(std::string_view bytes, const std::string& file);

}  // namespace millrace::runtime
