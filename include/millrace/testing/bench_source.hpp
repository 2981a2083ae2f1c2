// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "millrace/core/signal.hpp"
#include "millrace/graph/head.hpp"
#include "millrace/graph/output.hpp"
#include "millrace/graph/step.hpp"
#include "millrace/state/codec.hpp"
#include "millrace/stream/attach.hpp"
#include "millrace/stream/topology.hpp"
#include "millrace/testing/memory.hpp"

namespace millrace::testing::detail {

/// All that a test has wanted its source to do. It outlives the processes that crash, as what a
/// source reads does.
template <class T>
struct SourceScript {
  struct Event {
    std::vector<Timed<T>> records = {};
    Timestamp watermark = start_of_time;
    bool end = false;
  };
  std::vector<Event> events;
  std::vector<Signal*> wake;  // of the sources that run
  void add(Event event) {
    events.push_back(std::move(event));
    for (Signal* signal : wake) signal->notify();
  }
  bool ended() const { return !events.empty() && events.back().end; }
};

/// The source of a Bench: it does what its script says, and may say watermarks itself. Of several
/// subtasks the first one does, the others have nothing to read.
template <class T>
class ScriptedSource final : public Step, public SourceHead {
 public:
  ScriptedSource(const StepContext& context, std::shared_ptr<SourceScript<T>> script)
      : Step(context), script_(std::move(script)), wake_(lane().strand()) {
    lane().wake_on_abort(wake_);
    script_->wake.push_back(&wake_);
  }
  ~ScriptedSource() override { std::erase(script_->wake, &wake_); }

  Task<> run() override {
    if (subtask() == 0) {
      out_.partition(0, PartitionEvent::opened);
      co_await follow_script();
    } else {
      out_.idle();
      while (!stopped() && !script_->ended()) co_await wake_.wait();
    }
    co_await lane().settle();
    if (!stopped()) out_.watermark(end_of_time);
    co_await lane().settle();
  }
  void stop(StopMode) override {
    lane().stop().request();
    wake_.notify();
  }
  void inject(Barrier& barrier) override {
    save(barrier);
    out_.barrier(barrier);
  }
  void end() override { out_.end(); }

  SourceHead* as_source() override { return this; }
  void* input(unsigned) override { return nullptr; }
  void* output(unsigned) override { return &out_; }

  void save(Barrier& barrier) const override {
    if (subtask() != 0) return;
    StateItem position;
    Codec<std::uint64_t>::write(position.bytes, event_);
    Codec<std::uint64_t>::write(position.bytes, record_);
    barrier.save(*this, std::move(position));
  }
  Result<void> load(const StateItem& item) override {
    StateReader in(item.bytes);
    if (auto read = Codec<std::uint64_t>::read(in, event_); !read) return read;
    return Codec<std::uint64_t>::read(in, record_);
  }

 private:
  bool stopped() const { return lane().aborted() || lane().stop().requested(); }
  Task<> follow_script() {
    while (!stopped() && (event_ == 0 || !script_->events[event_ - 1].end)) {
      if (event_ == script_->events.size()) {
        co_await wake_.wait();
        continue;
      }
      co_await lane().settle();
      // More may have been added, so that what was an event's place is one no more.
      const auto& event = script_->events[event_];
      if (record_ < event.records.size()) {
        push_some(event.records);
        continue;
      }
      ++event_;
      record_ = 0;
      if (event.watermark > start_of_time && !event.end) out_.watermark(event.watermark);
    }
  }
  void push_some(const std::vector<Timed<T>>& records) {
    for (; record_ < records.size() && !batch_.full(); ++record_) {
      const Timestamp time = records[record_].time;
      batch_.slot() = records[record_].value;
      batch_.commit(time);
      batch_.widen_bounds(time, time);
    }
    counters().out.add(batch_.size());
    out_.push(batch_);
    batch_.clear();
  }

  std::shared_ptr<SourceScript<T>> script_;
  Signal wake_;
  Output<T> out_;
  Batch<T> batch_;
  std::uint64_t event_ = 0;   // that is done next
  std::uint64_t record_ = 0;  // of it
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
