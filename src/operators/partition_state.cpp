// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/partition_state.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::detail {

// "<length of id>:<id><e|o><position>": readable in a dump, and any id fits. Upper case: carried.
StateItem PartitionState::to_item() const {
  return {.group = StateItem::every_subtask,
          .bytes = std::to_string(id.size()) + ":" + id +
                   (carried ? (ended ? "E" : "O") : (ended ? "e" : "o")) + position.token};
}

Result<PartitionState> PartitionState::from_item(const StateItem& item) {
  const std::string& bytes = item.bytes;
  std::size_t length = 0;
  const char* end = bytes.data() + bytes.size();
  const auto [p, failure] = std::from_chars(bytes.data(), end, length);
  const auto at = static_cast<std::size_t>(p - bytes.data());
  if (failure != std::errc{} || p == end || *p != ':' || length > bytes.size() ||
      at + 1 + length >= bytes.size())
    return Error(Errc::corrupted, "snapshot: a source's partition state of " +
                                      std::to_string(bytes.size()) + " bytes does not parse");
  PartitionState state;
  state.id = bytes.substr(at + 1, length);
  const char kind = bytes[at + 1 + length];
  state.ended = kind == 'e' || kind == 'E';
  state.carried = kind == 'E' || kind == 'O';
  state.position.token = bytes.substr(at + 2 + length);
  return state;
}

void EndedPartitions::add(const std::string& id) {
  std::lock_guard lock(mutex_);
  ended_.insert(id);
}

std::size_t EndedPartitions::count() const {
  std::lock_guard lock(mutex_);
  return ended_.size();
}

bool EndedPartitions::all(const std::vector<Partition>& known) const {
  std::lock_guard lock(mutex_);
  return std::ranges::all_of(known, [&](const Partition& p) { return ended_.contains(p.id); });
}

bool EndedPartitions::all_ended(const std::vector<std::string>& parents,
                                const std::vector<Partition>& known) const {
  std::lock_guard lock(mutex_);
  return std::ranges::all_of(parents, [&](const std::string& parent) {
    return ended_.contains(parent) ||
           std::ranges::none_of(known, [&](const Partition& p) { return p.id == parent; });
  });
}

}  // namespace millrace::detail
