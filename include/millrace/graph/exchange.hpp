// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "millrace/graph/output.hpp"
#include "millrace/graph/port.hpp"

namespace millrace {

/// Sends each record to one of several channels: those of one key always to the same. The parts
/// share the input's arenas. They leave when full, when they pin several arenas, with each
/// watermark that moves, at a barrier, at the end and when the input idles, so no control event
/// overtakes a record; and at each tick, so that a source that waits in a read keeps nothing back.
/// `route(value)` gives the channel's index; it is called once a record. One for which it throws
/// goes to the first channel, whose step calls the user's function again and rejects it.
/// A part takes with it what is known of where all of its records come from.
template <class T, class Route>
class Exchange final : public Port<T>, public Ticker {
 public:
  static constexpr std::uint32_t part_capacity = 512;
  explicit Exchange(Route route) : route_(std::move(route)) {}

  void add_target(Lane& lane, Port<T>& channel) {
    auto& part = parts_.emplace_back(std::make_unique<Part>());
    part->lane = &lane;
    part->out.connect(lane, channel, nullptr);
    if (parts_.size() == 1) lane.add_ticker(*this);
  }

  void push(Batch<T>& in) override {
    for (auto& part : parts_) part->before = part->batch.size();
    for (std::uint32_t i = 0, n = in.size(); i < n; ++i) {
      Part& part = *parts_[channel_of(in[i])];
      part.batch.slot() = in[i];
      part.batch.commit(in.time(i));
      if (part.batch.full()) {
        part.share(in);
        part.flush();
        part.before = 0;
      }
    }
    for (auto& part : parts_) {
      if (part->batch.size() == part->before) continue;  // it has nothing to do with this batch
      part->share(in);
      if (part->batch.arenas().size() > most_arenas) part->flush();
    }
  }
  void tick(MonotonicTime) override {
    for (auto& part : parts_) part->flush();
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
  static constexpr std::size_t most_arenas = 4;
  struct Part {
    Lane* lane = nullptr;
    Batch<T> batch{part_capacity};
    std::uint32_t before = 0;
    const Origin* origin = nullptr;
    Output<T> out;
    void share(const Batch<T>& in) {
      origin = before == 0 ? lane->origin() : common_origin(origin, lane->origin());
      for (const ArenaRef& arena : in.arenas()) batch.hold(arena);
      batch.widen_bounds(in.min_time(), in.max_time());
    }
    void flush() {
      if (batch.empty()) return;
      const Origin* const at_hand = lane->origin();
      const std::string* const position = lane->position();
      lane->set_origin(origin);
      out.push(batch);
      lane->set_origin(at_hand, position);
      batch.clear();
    }
  };
  std::size_t channel_of(const T& value) {
    try {
      return route_(value);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (...) {
      return 0;
    }
  }
  Route route_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace millrace
