// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "millrace/core/invoke.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/emitter.hpp"
#include "millrace/graph/rejects.hpp"

namespace millrace::detail {

/// Sends each value one of two ways: output 0 when test(value) is true, else output 2.
template <class T, class F>
class SplitStep final : public GuardedLink<T, T> {
 public:
  static constexpr unsigned rest_output = 2;
  SplitStep(const StepContext& context, F test, OnError policy)
      : GuardedLink<T, T>(context, policy),
        test_(std::move(test)),
        matching_(*this, this->out_),
        others_(*this, rest_) {}

  void push(Batch<T>& in) override {
    this->counters().in.add(in.size());
    matching_.begin(in);
    others_.begin(in);
    this->guarded(
        0, in.size(),
        [&](std::uint32_t i) {
          Emitter<T>& way = millrace::invoke(test_, in[i]) ? matching_ : others_;
          way.slot() = in[i];
          way.commit(in.time(i));
        },
        [&](std::uint32_t i) { return bytes_for_dead_letter(in[i]); });
    matching_.end();
    others_.end();
    this->rejects_.flush();
  }
  void watermark(Timestamp t) override {
    rest_.watermark(t);
    GuardedLink<T, T>::watermark(t);
  }
  void idle() override {
    rest_.idle();
    GuardedLink<T, T>::idle();
  }
  void partition(std::uint32_t index, PartitionEvent event) override {
    rest_.partition(index, event);
    GuardedLink<T, T>::partition(index, event);
  }
  void barrier(Barrier& barrier) override {
    rest_.barrier(barrier);
    GuardedLink<T, T>::barrier(barrier);
  }
  void end() override {
    rest_.end();
    GuardedLink<T, T>::end();
  }
  void* output(unsigned index) override {
    return index == rest_output ? static_cast<void*>(&rest_) : GuardedLink<T, T>::output(index);
  }

 private:
  F test_;
  Output<T> rest_;
  Emitter<T> matching_;
  Emitter<T> others_;
};

}  // namespace millrace::detail
