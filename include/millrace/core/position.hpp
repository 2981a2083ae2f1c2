// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

namespace millrace {

/// Where a reader is in its partition: printable, made and understood by the source alone.
/// An empty one means "where the source's options say to start".
struct Position {
  std::string token;
  bool empty() const { return token.empty(); }
  bool operator==(const Position&) const = default;
};

/// A part of a source that is read in order and on its own: a shard, a topic's partition, a file.
struct Partition {
  std::string id;
  std::vector<std::string> parents = {};  ///< read to their end before this one, as after a split
  bool operator==(const Partition&) const = default;
};

}  // namespace millrace
