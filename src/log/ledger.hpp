// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace millrace::log {

/// The ids of the transactions that a shard has taken, so that a commit which comes again changes
/// nothing. An id is "<producer>/<unique part>"; of each producer the last 64 are kept, far more
/// than the two-phase protocol can ask for again.
class Ledger {
 public:
  static constexpr std::size_t kept_per_producer = 64;
  void add(std::string_view id);
  bool contains(std::string_view id) const;
  bool empty() const { return ids_.empty(); }
  /// As the payload of a ledger frame, and back. False when it is malformed.
  void encode(std::string& out) const;
  bool decode(std::string_view payload);

 private:
  std::deque<std::string> ids_;  // oldest first
};

}  // namespace millrace::log
