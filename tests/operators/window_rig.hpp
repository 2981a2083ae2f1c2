// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/operators/aggregate.hpp"
#include "millrace/operators/tumbling_window.hpp"
#include "rig.hpp"

namespace rig {

struct Event {
  Timestamp time;
  std::uint32_t key = 0;
  std::uint32_t value = 0;
  bool operator==(const Event&) const = default;
};

/// Counts and sums a window of events, with a probe on each output.
template <class KeyFn = std::uint32_t Event::*, class Kind = Tumbling>
struct WindowRig {
  using Totals = agg::Bound<Event, decltype(agg::all(agg::count(), agg::sum(&Event::value)))>;
  using Step = WindowStep<Event, KeyFn, Totals, Kind>;
  using Out = typename Step::Out;

  explicit WindowRig(WindowOptions options = {.size = 10s}, KeyFn key = default_key(),
                     std::unique_ptr<Bed> on = std::make_unique<Bed>())
      : bed(std::move(on)),
        step(bed->context(), key, agg::bind<Event>(agg::all(agg::count(), agg::sum(&Event::value))),
             options) {
    connect(*bed, step, 0, out);
    connect(*bed, step, 1, letters);
    connect(*bed, step, 2, late);
  }
  void push(std::vector<Event> events) {
    Batch<Event> batch(static_cast<std::uint32_t>(events.size()));
    for (const Event& e : events) batch.push_back(e, e.time);
    step.push(batch);
  }
  std::vector<StateItem> save() {
    Snapshot snapshot;
    step.barrier(snapshot);
    return std::move(snapshot.items);
  }
  void load(const std::vector<StateItem>& items) {
    for (const StateItem& item : items) step.load(item).value();
  }

  static KeyFn default_key() {
    if constexpr (std::is_member_pointer_v<KeyFn>)
      return &Event::key;
    else
      return KeyFn{};
  }

  std::unique_ptr<Bed> bed;
  Step step;
  Probe<Out> out;
  Probe<DeadLetter> letters;
  Probe<Event> late;
};

using Row = WindowRig<>::Out;

inline Row result(std::uint32_t key, Duration start, std::uint64_t n, std::uint64_t sum,
                  std::uint32_t fire = 1) {
  return {key, {at(start), at(start + 10s)}, {n, sum}, fire};
}

}  // namespace rig
