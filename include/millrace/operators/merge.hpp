// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <vector>

#include "millrace/graph/link.hpp"

namespace millrace::detail {

/// Several inputs on one strand become one. The watermark is the smallest of those that are not
/// idle; a barrier goes on when it has come from every input that has not ended, and all of them
/// get theirs in the same turn, so nothing needs to wait.
template <class T>
class MergeStep final : public Step {
 public:
  MergeStep(const StepContext& context, unsigned inputs) : Step(context) {
    for (unsigned i = 0; i < inputs; ++i)
      inputs_.push_back(std::make_unique<Input>(*this, i * partitions_per_input));
  }
  void* input(unsigned index) override { return static_cast<Port<T>*>(inputs_[index].get()); }
  void* output(unsigned) override { return &out_; }

 private:
  // The inputs' partitions stay apart for an event_time behind the merge.
  static constexpr std::uint32_t partitions_per_input = 1 << 20;

  struct Input final : Port<T> {
    Input(MergeStep& merge, std::uint32_t first_partition)
        : merge_(merge), first_partition_(first_partition) {}
    void push(Batch<T>& batch) override {
      idle_ = false;
      merge_.counters().in.add(batch.size());
      merge_.counters().out.add(batch.size());
      batch.set_partition(first_partition_ + batch.partition());
      merge_.out_.push(batch);
    }
    void watermark(Timestamp t) override {
      idle_ = false;
      watermark_ = std::max(watermark_, t);
      merge_.advance();
    }
    void idle() override {
      idle_ = true;
      merge_.advance();
    }
    void partition(std::uint32_t index, PartitionEvent event) override {
      merge_.out_.partition(first_partition_ + index, event);
    }
    void barrier(Barrier& barrier) override {
      at_barrier_ = true;
      merge_.align(barrier);
    }
    void end() override {
      ended_ = true;
      merge_.finish();
    }
    MergeStep& merge_;
    std::uint32_t first_partition_;
    Timestamp watermark_ = start_of_time;
    bool idle_ = false, ended_ = false, at_barrier_ = false;
  };

  void advance() {
    Timestamp low = end_of_time;
    bool all_idle = true;
    for (auto& input : inputs_) {
      if (input->idle_) continue;
      all_idle = false;
      low = std::min(low, input->watermark_);
    }
    if (all_idle) return out_.idle();
    if (low <= watermark_) return;
    watermark_ = low;
    counters().set_watermark(low);
    out_.watermark(low);
  }
  void align(Barrier& barrier) {
    for (auto& input : inputs_)
      if (!input->at_barrier_ && !input->ended_) return;
    for (auto& input : inputs_) input->at_barrier_ = false;
    out_.barrier(barrier);
  }
  void finish() {
    for (auto& input : inputs_)
      if (!input->ended_) return;
    out_.end();
  }

  std::vector<std::unique_ptr<Input>> inputs_;
  Output<T> out_;
  Timestamp watermark_ = start_of_time;
};

}  // namespace millrace::detail
