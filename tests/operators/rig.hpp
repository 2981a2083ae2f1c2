// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "millrace/graph/lane.hpp"
#include "millrace/graph/output.hpp"
#include "millrace/graph/port.hpp"
#include "millrace/graph/step.hpp"
#include "millrace/sim/env.hpp"

namespace rig {

using namespace millrace;
using namespace std::chrono_literals;
using namespace millrace::literals;

inline Timestamp at(Duration since_start) { return Timestamp(since_start); }

/// A lane on a simulated environment, and what a step needs to be made.
struct Bed {
  explicit Bed(ByteSize state_limit = 1_GiB, ByteSize flow_limit = 1_GiB)
      : flow(flow_limit), state(state_limit) {}
  sim::Env env;
  FlowBudget flow;
  StateBudget state;
  Lane lane{env.env(), env.env().scheduler.make_strand(), flow, state};
  std::string name = "step";
  StepContext context() { return {lane, name}; }
};

/// Keeps all that arrives: records, and an event log with the records as "rN".
template <class T>
struct Probe final : Port<T> {
  std::vector<T> values;
  std::vector<Timestamp> times;
  std::vector<std::string> events;
  std::size_t batches = 0;
  Timestamp last_watermark = start_of_time;

  void push(Batch<T>& batch) override {
    ++batches;
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      values.push_back(batch[i]);
      times.push_back(batch.time(i));
    }
    events.push_back("r" + std::to_string(batch.size()));
  }
  void watermark(Timestamp t) override {
    last_watermark = t;
    events.push_back(t == end_of_time ? "w:end" : "w" + std::to_string(t.time_since_epoch() / 1ms));
  }
  void idle() override { events.push_back("idle"); }
  void partition(std::uint32_t index, PartitionEvent event) override {
    events.push_back("p" + std::to_string(index) + "." + std::to_string(int(event)));
  }
  void barrier(Barrier&) override { events.push_back("barrier"); }
  void end() override { events.push_back("end"); }

  std::vector<T> take() { return std::exchange(values, {}); }
  std::vector<std::string> take_events() { return std::exchange(events, {}); }
};

/// A barrier that keeps what steps save.
struct Snapshot final : Barrier {
  std::vector<StateItem> items;
  CheckpointId id() const override { return CheckpointId{}; }
  void save(const Step&, StateItem item) override { items.push_back(std::move(item)); }
  void sink_done(const Step&) override {}
  void sink_done(const Step&, Committable) override {}
  void committed(const Step&) override {}
};

template <class T>
void connect(Bed& bed, Step& step, unsigned output, Port<T>& port) {
  static_cast<Output<T>*>(step.output(output))->connect(bed.lane, port, nullptr);
}
template <class T>
Port<T>& input(Step& step) {
  return *static_cast<Port<T>*>(step.input(0));
}

}  // namespace rig
