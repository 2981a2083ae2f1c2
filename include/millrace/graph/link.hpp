// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/graph/output.hpp"
#include "millrace/graph/step.hpp"

namespace millrace {

/// A step with one input and one main output: it forwards every control event, and a step overrides
/// those that mean something to it.
template <class In, class Out>
class Link : public Step, public Port<In> {
 public:
  using Step::Step;

  void watermark(Timestamp t) override {
    counters().set_watermark(t);
    out_.watermark(t);
  }
  void idle() override { out_.idle(); }
  void partition(std::uint32_t index, PartitionEvent event) override {
    out_.partition(index, event);
  }
  void barrier(Barrier& barrier) override {
    save(barrier);
    out_.barrier(barrier);
  }
  void end() override { out_.end(); }

  void* input(unsigned) override { return static_cast<Port<In>*>(this); }
  void* output(unsigned) override { return &out_; }

 protected:
  Output<Out> out_;
};

}  // namespace millrace
