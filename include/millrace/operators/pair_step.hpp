// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "millrace/graph/input_clocks.hpp"
#include "millrace/graph/port.hpp"
#include "millrace/graph/step.hpp"

namespace millrace::detail {

/// A step with two inputs, 0 of L and 1 of R. The watermark is the smaller one of those that are
/// not idle; a barrier goes on when it has come from both that have not ended, and both get theirs
/// in the same turn, so nothing needs to wait. Behind an inbox, which merges already, both say the
/// same.
template <class L, class R>
class PairStep : public Step {
 public:
  explicit PairStep(const StepContext& context) : Step(context), left_(*this), right_(*this) {
    clocks_.add();
    clocks_.add();
  }
  void* input(unsigned index) final {
    return index == 0 ? static_cast<void*>(static_cast<Port<L>*>(&left_))
                      : static_cast<void*>(static_cast<Port<R>*>(&right_));
  }

 protected:
  virtual void push_left(Batch<L>& batch) = 0;
  virtual void push_right(Batch<R>& batch) = 0;
  virtual void watermark(Timestamp t) = 0;
  virtual void idle() = 0;
  /// Of a partition of one side, whose numbers are its own.
  virtual void partition(std::size_t side, std::uint32_t index, PartitionEvent event) = 0;
  virtual void barrier(Barrier& barrier) = 0;
  virtual void end() = 0;

 private:
  template <class T, std::size_t side>
  struct Input final : Port<T> {
    explicit Input(PairStep& owner) : step(owner) {}
    void push(Batch<T>& batch) override {
      step.clocks_.active(side);
      step.counters().in.add(batch.size());
      if constexpr (side == 0)
        step.push_left(batch);
      else
        step.push_right(batch);
    }
    void watermark(Timestamp t) override { step.forward(step.clocks_.advance(side, t)); }
    void idle() override { step.forward(step.clocks_.idle(side)); }
    void partition(std::uint32_t index, PartitionEvent event) override {
      step.partition(side, index, event);
    }
    void barrier(Barrier& barrier) override {
      at_barrier = true;
      step.align(barrier);
    }
    void end() override {
      ended = true;
      if (step.left_.ended && step.right_.ended) step.end();
    }
    PairStep& step;
    bool ended = false, at_barrier = false;
  };

  void forward(InputClocks::News news) {
    if (news.watermark) {
      counters().set_watermark(clocks_.watermark());
      watermark(clocks_.watermark());
    }
    if (news.idle) idle();
  }
  void align(Barrier& at) {
    if (!(left_.at_barrier || left_.ended) || !(right_.at_barrier || right_.ended)) return;
    left_.at_barrier = right_.at_barrier = false;
    barrier(at);
  }

  InputClocks clocks_;
  Input<L, 0> left_;
  Input<R, 1> right_;
};

}  // namespace millrace::detail
