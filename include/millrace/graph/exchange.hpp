// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <vector>

#include "millrace/graph/output.hpp"
#include "millrace/graph/port.hpp"

namespace millrace {

/// Sends each record to one of several channels: those of one key always to the same. The parts
/// share the input's arenas. They leave when full, with each watermark that moves, at a barrier, at
/// the end and when the input idles, so no control event overtakes a record.
/// `route(value)` gives the channel's index; it is called once a record.
template <class T, class Route>
class Exchange final : public Port<T> {
 public:
  static constexpr std::uint32_t part_capacity = 512;
  explicit Exchange(Route route) : route_(std::move(route)) {}

  void add_target(Lane& lane, Port<T>& channel) {
    auto& part = parts_.emplace_back(std::make_unique<Part>());
    part->out.connect(lane, channel, nullptr);
  }

  void push(Batch<T>& in) override {
    for (auto& part : parts_) {
      for (const ArenaRef& arena : in.arenas()) part->batch.hold(arena);
      part->batch.widen_bounds(in.min_time(), in.max_time());
    }
    for (std::uint32_t i = 0, n = in.size(); i < n; ++i) {
      Part& part = *parts_[route_(in[i])];
      part.batch.slot() = in[i];
      part.batch.commit(in.time(i));
      if (part.batch.full()) {
        part.flush();
        for (const ArenaRef& arena : in.arenas()) part.batch.hold(arena);
        part.batch.widen_bounds(in.min_time(), in.max_time());
      }
    }
  }
  void watermark(Timestamp t) override {
    for (auto& part : parts_) part->flush(), part->out.watermark(t);
  }
  void idle() override {
    for (auto& part : parts_) part->flush(), part->out.idle();
  }
  void partition(std::uint32_t index, PartitionEvent event) override {
    for (auto& part : parts_) part->flush(), part->out.partition(index, event);
  }
  void barrier(Barrier& barrier) override {
    for (auto& part : parts_) part->flush(), part->out.barrier(barrier);
  }
  void end() override {
    for (auto& part : parts_) part->flush(), part->out.end();
  }

 private:
  struct Part {
    Batch<T> batch{part_capacity};
    Output<T> out;
    void flush() {
      out.push(batch);
      batch.clear();
    }
  };
  Route route_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace millrace
