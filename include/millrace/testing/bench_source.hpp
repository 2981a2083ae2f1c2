// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "millrace/core/signal.hpp"
#include "millrace/graph/head.hpp"
#include "millrace/graph/output.hpp"
#include "millrace/graph/step.hpp"
#include "millrace/stream/attach.hpp"
#include "millrace/stream/topology.hpp"
#include "millrace/testing/memory.hpp"

namespace millrace::testing::detail {

/// What a test wants its source to do next.
template <class T>
struct SourceScript {
  struct Event {
    std::vector<Timed<T>> records = {};
    Timestamp watermark = start_of_time;
    bool end = false;
  };
  std::deque<Event> events;
  Signal* wake = nullptr;  // the source's, while it runs
  void add(Event event) {
    events.push_back(std::move(event));
    if (wake) wake->notify();
  }
};

/// The source of a Bench: it does what its script says, and may say watermarks itself.
template <class T>
class ScriptedSource final : public Step, public SourceHead {
 public:
  ScriptedSource(const StepContext& context, std::shared_ptr<SourceScript<T>> script)
      : Step(context), script_(std::move(script)), wake_(lane().strand()) {
    lane().wake_on_abort(wake_);
    script_->wake = &wake_;
  }
  ~ScriptedSource() override { script_->wake = nullptr; }

  Task<> run() override {
    out_.partition(0, PartitionEvent::opened);
    while (!lane().aborted() && !lane().stop().requested()) {
      if (script_->events.empty()) {
        co_await wake_.wait();
        continue;
      }
      auto event = std::move(script_->events.front());
      script_->events.pop_front();
      for (std::size_t done = 0; done < event.records.size();) {
        co_await lane().settle();
        done = push_some(event.records, done);
      }
      co_await lane().settle();
      if (event.watermark > start_of_time) out_.watermark(event.watermark);
      co_await lane().settle();
      if (event.end) break;
    }
  }
  void stop(StopMode) override {
    lane().stop().request();
    wake_.notify();
  }
  void inject(Barrier& barrier) override { out_.barrier(barrier); }
  void end() override { out_.end(); }

  SourceHead* as_source() override { return this; }
  void* input(unsigned) override { return nullptr; }
  void* output(unsigned) override { return &out_; }

 private:
  std::size_t push_some(std::vector<Timed<T>>& records, std::size_t from) {
    for (; from < records.size() && !batch_.full(); ++from) {
      const Timestamp time = records[from].time;
      batch_.slot() = std::move(records[from].value);
      batch_.commit(time);
      batch_.widen_bounds(time, time);
    }
    counters().out.add(batch_.size());
    out_.push(batch_);
    batch_.clear();
    return from;
  }

  std::shared_ptr<SourceScript<T>> script_;
  Signal wake_;
  Output<T> out_;
  Batch<T> batch_;
};

template <class T>
Stream<T> scripted_source(Topology& topology, Name name, std::shared_ptr<SourceScript<T>> script) {
  auto node = millrace::detail::make_node(
      std::move(name), "source", false, false,
      [script = std::move(script)](const StepContext& context) -> std::unique_ptr<Step> {
        return std::make_unique<ScriptedSource<T>>(context, script);
      });
  node->timed = true;  // the test gives the times
  return Stream<T>(topology.graph(), topology.graph().add(std::move(node)));
}

}  // namespace millrace::testing::detail
