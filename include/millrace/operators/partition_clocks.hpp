// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/graph/port.hpp"
#include "millrace/operators/watermark.hpp"

namespace millrace {

/// How far event time has come in each partition of a source, and the watermark that follows: the
/// least of the partitions that are neither idle nor ended, when all are idle the greatest, and
/// never back. A partition that was opened and gave no record yet holds it back. Threads: one
/// strand.
class MILLRACE_EXPORT PartitionClocks {
 public:
  explicit PartitionClocks(watermark::BoundedOutOfOrderness bound) : bound_(bound) {}

  /// Records of this partition came, the latest of this time; start_of_time when all were rejected.
  void saw(std::uint32_t partition, Timestamp latest) {
    if (partition >= partitions_.size()) add(partition);
    Partition& p = partitions_[partition];
    p.active = true;
    if (!p.open || p.idle) wake(p);
    if (latest <= p.latest) return;
    p.latest = latest;
    // Another partition holds the watermark back, so that nothing can have moved.
    changed_ |= partition == holder_ || holder_ == nobody;
  }
  void on(std::uint32_t partition, PartitionEvent event);
  void tick(MonotonicTime now);

  /// The new watermark, if it has moved since it was asked last.
  std::optional<Timestamp> advance() {
    if (!changed_) return std::nullopt;
    return recompute();
  }
  /// True once each time that the last partition that was not idle becomes so.
  bool fell_idle() { return std::exchange(became_idle_, false); }

  /// Also what was loaded of partitions that have not come up here: marked as carried, since after
  /// a change of parallelism another subtask may have them, and what that one saves is newer.
  std::string saved() const;
  Result<void> load(std::string_view bytes);
  /// The form of what is saved, behind the byte of its format.
  static std::string state_schema();

 private:
  struct Partition {
    Timestamp latest = start_of_time;
    MonotonicTime since{};  ///< of the silence
    bool open = false;
    bool idle = false;
    bool active = false;  ///< records came since the last tick
    bool known = false;   ///< loaded from the subtask that had it
  };
  static constexpr std::uint32_t nobody = 0xFFFFFFFF;
  static constexpr std::uint32_t max_partitions = 1u << 20;

  void add(std::uint32_t partition);
  void wake(Partition& p) {
    p.open = true;
    p.idle = false;
    changed_ = true;
    holder_ = nobody;
  }
  std::optional<Timestamp> recompute();

  watermark::BoundedOutOfOrderness bound_;
  std::vector<Partition> partitions_;
  Timestamp watermark_ = start_of_time;
  std::uint32_t holder_ = nobody;
  bool changed_ = false;
  bool all_idle_ = false;
  bool became_idle_ = false;
};

}  // namespace millrace
