// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/emitter.hpp"
#include "millrace/graph/rejects.hpp"

namespace millrace::detail {

/// Turns each value into any number: f(value, time, emitter).
template <class T, class U, class F>
class FlatMapStep final : public GuardedLink<T, U> {
 public:
  FlatMapStep(const StepContext& context, F f, OnError policy)
      : GuardedLink<T, U>(context, policy), f_(std::move(f)), emitter_(*this, this->out_) {}

  void push(Batch<T>& in) override {
    this->counters().in.add(in.size());
    emitter_.begin(in);
    this->guarded(
        0, in.size(), [&](std::uint32_t i) { f_(in[i], in.time(i), emitter_); },
        [&](std::uint32_t i) { return bytes_for_dead_letter(in[i]); });
    emitter_.end();
    this->rejects_.flush();
  }

 private:
  F f_;
  Emitter<U> emitter_;
};

}  // namespace millrace::detail
