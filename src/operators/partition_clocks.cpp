// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/partition_clocks.hpp"

#include <algorithm>

#include "millrace/state/codec.hpp"

namespace millrace {
namespace {
// In 1 an entry did not say whether it was carried.
constexpr std::uint8_t format = 2;
}  // namespace

void PartitionClocks::add(std::uint32_t partition) { partitions_.resize(partition + 1); }

void PartitionClocks::on(std::uint32_t partition, PartitionEvent event) {
  if (partition >= partitions_.size()) add(partition);
  Partition& p = partitions_[partition];
  switch (event) {
    case PartitionEvent::opened:
      // It can only hold the watermark back. To advance now would be wrong after a restart: the
      // others, which opened at the same time, have yet to be announced.
      p.open = true;
      p.active = true;
      return;
    case PartitionEvent::caught_up:
      p.open = true;
      if (p.latest == start_of_time && !bound_.waits_for_empty) p.idle = true;
      break;
    case PartitionEvent::ended:
      p = {};
      break;
  }
  changed_ = true;
}

void PartitionClocks::tick(MonotonicTime now) {
  for (Partition& p : partitions_) {
    if (!p.open || p.idle) continue;
    if (p.active || p.since == MonotonicTime{}) {
      p.active = false;
      p.since = now;
    } else if (now - p.since >= bound_.idle) {
      p.idle = true;
      changed_ = true;
    }
  }
}

std::optional<Timestamp> PartitionClocks::recompute() {
  changed_ = false;
  holder_ = nobody;
  bool idle = false;
  Timestamp least = end_of_time;
  Timestamp greatest = start_of_time;  // of the idle ones
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    const Partition& p = partitions_[i];
    if (!p.open) continue;
    if (p.idle) {
      idle = true;
      greatest = std::max(greatest, p.latest);
    } else if (holder_ == nobody || p.latest < least) {
      least = p.latest;
      holder_ = i;
    }
  }
  became_idle_ = idle && holder_ == nobody && !all_idle_;
  all_idle_ = idle && holder_ == nobody;
  if (all_idle_) least = greatest;  // nobody is waited for, whichever fell idle last
  if (holder_ == nobody && !all_idle_) return std::nullopt;
  if (least < start_of_time + bound_.delay || least - bound_.delay <= watermark_)
    return std::nullopt;
  watermark_ = least - bound_.delay;
  return watermark_;
}

std::string PartitionClocks::state_schema() {
  return "vector<partition{index:u32,latest:time<i64,1/1000000>,idle:bool,carried:bool}>";
}

std::string PartitionClocks::saved() const {
  std::string bytes;
  Codec<std::uint8_t>::write(bytes, format);
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    const Partition& p = partitions_[i];
    if (p.latest == start_of_time && !p.idle) continue;
    Codec<std::uint32_t>::write(bytes, i);
    Codec<std::int64_t>::write(bytes, p.latest.time_since_epoch().count());
    Codec<bool>::write(bytes, p.idle);
    Codec<bool>::write(bytes, !p.open);
  }
  return bytes;
}

Result<void> PartitionClocks::load(std::string_view bytes) {
  StateReader in(bytes);
  std::uint8_t version = 0;
  if (auto done = Codec<std::uint8_t>::read(in, version); !done) return done;
  if (version != format)
    return Error(Errc::unsupported, "event time's state has format " + std::to_string(version) +
                                        ", this program reads format " + std::to_string(format) +
                                        "; use the program that wrote it");
  while (!in.empty()) {
    std::uint32_t index = 0;
    std::int64_t latest = 0;
    bool idle = false;
    bool carried = false;
    if (auto done = Codec<bool>::read_each(in, index, latest, idle, carried); !done) return done;
    if (index >= max_partitions) return in.corrupted("a partition's number is too large");
    if (index >= partitions_.size()) add(index);
    Partition& p = partitions_[index];
    p.latest = std::max(p.latest, Timestamp(Duration(latest)));
    if (carried && p.known) continue;
    p.idle = idle;
    p.known = !carried;
  }
  return {};
}

}  // namespace millrace
