// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <vector>

#include "millrace/graph/head.hpp"
#include "millrace/graph/input_clocks.hpp"
#include "millrace/graph/link.hpp"

namespace millrace::detail {

/// Several inputs on one strand become one. The watermark is the smallest of those that are not
/// idle; a barrier goes on when it has come from every input that has not ended, and all of them
/// get theirs in the same turn, so nothing needs to wait.
/// Behind an inbox, which merges already, it has that as its one input. One that was declared
/// without inputs (dead letters of steps that can't fail) is a source that has ended.
template <class T>
class MergeStep final : public Step, public SourceHead {
 public:
  MergeStep(const StepContext& context, unsigned inputs) : Step(context), declared_(inputs) {}
  void* input(unsigned) override {
    const auto index = static_cast<std::uint32_t>(inputs_.size());
    inputs_.push_back(std::make_unique<Input>(*this, index));
    clocks_.add();
    return static_cast<Port<T>*>(inputs_.back().get());
  }
  void* output(unsigned) override { return &out_; }

  SourceHead* as_source() override { return declared_ == 0 ? this : nullptr; }
  Task<> run() override { co_return; }
  void stop(StopMode) override {}
  void inject(Barrier& barrier) override { out_.barrier(barrier); }
  void end() override { out_.end(); }

 private:
  struct Input final : Port<T> {
    Input(MergeStep& merge, std::uint32_t index) : merge_(merge), index_(index) {}
    void push(Batch<T>& batch) override {
      merge_.clocks_.active(index_);
      merge_.counters().in.add(batch.size());
      merge_.counters().out.add(batch.size());
      batch.set_partition(partition_of(batch.partition()));
      merge_.out_.push(batch);
    }
    void watermark(Timestamp t) override { merge_.forward(merge_.clocks_.advance(index_, t)); }
    void idle() override { merge_.forward(merge_.clocks_.idle(index_)); }
    void partition(std::uint32_t index, PartitionEvent event) override {
      merge_.out_.partition(partition_of(index), event);
    }
    void barrier(Barrier& barrier) override {
      at_barrier_ = true;
      merge_.align(barrier);
    }
    void end() override {
      ended_ = true;
      merge_.finish();
    }
    // The inputs' partitions stay apart for an event_time behind the merge, and their numbers low.
    std::uint32_t partition_of(std::uint32_t index) const {
      return index * static_cast<std::uint32_t>(merge_.inputs_.size()) + index_;
    }
    MergeStep& merge_;
    std::uint32_t index_;
    bool ended_ = false, at_barrier_ = false;
  };

  void forward(InputClocks::News news) {
    if (news.watermark) {
      counters().set_watermark(clocks_.watermark());
      out_.watermark(clocks_.watermark());
    }
    if (news.idle) out_.idle();
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

  unsigned declared_;
  std::vector<std::unique_ptr<Input>> inputs_;
  InputClocks clocks_;
  Output<T> out_;
};

}  // namespace millrace::detail
