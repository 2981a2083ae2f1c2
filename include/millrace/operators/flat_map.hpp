// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/operators/resumable_link.hpp"

namespace millrace::detail {

/// Turns each value into any number: f(value, time, emitter).
template <class T, class U, class F>
class FlatMapStep final : public ResumableLink<T, U> {
 public:
  FlatMapStep(const StepContext& context, F f, OnError policy)
      : ResumableLink<T, U>(context, policy), f_(std::move(f)) {}

 private:
  std::uint32_t work(Batch<T>& in, std::uint32_t first) override {
    return this->each(in, first, [&](std::uint32_t i) { f_(in[i], in.time(i), this->emitter()); });
  }

  F f_;
};

}  // namespace millrace::detail
