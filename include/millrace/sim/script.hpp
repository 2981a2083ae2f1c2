// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/source.hpp"

namespace millrace::sim {

/// How a World spreads a source's records over partitions and over time. All by the seed.
template <class T>
struct ScriptOptions {
  unsigned partitions = 4;
  /// Records of one key are in one partition, in their order; without it chance spreads them.
  std::function<std::string(const T&)> key = {};
  /// With `disorder`: a record comes so much later than its time says at most, within a partition.
  std::function<Timestamp(const T&)> time = {};
  Duration disorder{};
  /// In which the records appear, on virtual time: one partition begins late, another one is silent
  /// for a third of it.
  Duration span = std::chrono::seconds(1);
};

namespace detail {

/// Where and when records appear.
struct MILLRACE_EXPORT Script {
  struct Slot {
    std::size_t record;
    Duration arrival;  ///< since the run began
  };
  std::vector<std::vector<Slot>> partitions;
  MonotonicTime began{};

  struct Shape {
    std::size_t records = 0;
    std::vector<std::uint64_t> keys = {};  ///< of each record, or empty
    std::vector<Timestamp> times = {};     ///< of each record, or empty
    unsigned partitions = 1;
    Duration disorder{};
    Duration span{};
  };
  static Script arrange(const Shape& shape, std::uint64_t seed);
  /// Errors: Failure (unavailable) when the source shall fail at this read.
  static void may_fail(millrace::Env& env, const std::string& site);
};
MILLRACE_EXPORT std::uint64_t hash_of(const std::string& key);

template <class T>
struct Scripted {
  std::vector<T> records;
  Script script;
  std::string name;
};

template <class T>
class ScriptReader {
 public:
  using value_type = T;
  ScriptReader(std::shared_ptr<const Scripted<T>> all, std::size_t partition, std::size_t next)
      : all_(std::move(all)), partition_(partition), next_(next) {}

  ReadStatus read(Batch<T>& out, Context& cx) {
    Script::may_fail(cx.env(), all_->name + ".read");
    const auto& slots = all_->script.partitions[partition_];
    const auto now = cx.env().clock.monotonic() - all_->script.began;
    const std::size_t first = next_;
    for (; next_ < slots.size() && !out.full() && slots[next_].arrival <= now; ++next_) {
      out.slot() = all_->records[slots[next_].record];
      out.commit(cx.env().clock.wall());
    }
    if (next_ == slots.size()) return ReadStatus::end;
    return next_ == first ? ReadStatus::idle : ReadStatus::more;
  }
  Position position() const { return {std::to_string(next_)}; }

 private:
  std::shared_ptr<const Scripted<T>> all_;
  std::size_t partition_;
  std::size_t next_;
};

template <class T>
class ScriptSource {
 public:
  using value_type = T;
  explicit ScriptSource(std::shared_ptr<const Scripted<T>> all) : all_(std::move(all)) {}
  Task<std::vector<Partition>> discover(Context&) {
    std::vector<Partition> found;
    for (std::size_t i = 0; i < all_->script.partitions.size(); ++i)
      found.push_back({.id = std::to_string(i)});
    co_return found;
  }
  ScriptReader<T> open(const Partition& partition, const Position& position) {
    return {all_, std::stoul(partition.id),
            position.empty() ? std::size_t{0} : std::stoul(position.token)};
  }

 private:
  std::shared_ptr<const Scripted<T>> all_;
};

}  // namespace detail
}  // namespace millrace::sim
