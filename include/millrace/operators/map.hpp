// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "millrace/core/invoke.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/emitter.hpp"
#include "millrace/graph/rejects.hpp"

namespace millrace::detail {

/// Replaces each value by f(value).
template <class T, class U, class F>
class MapStep final : public GuardedLink<T, U> {
 public:
  MapStep(const StepContext& context, F f, OnError policy)
      : GuardedLink<T, U>(context, policy), f_(std::move(f)), emitter_(*this, this->out_) {}

  void push(Batch<T>& in) override {
    this->counters().in.add(in.size());
    emitter_.begin(in);
    this->guarded(
        0, in.size(),
        [&](std::uint32_t i) {
          emitter_.slot() = millrace::invoke(f_, in[i]);
          emitter_.commit(in.time(i));
        },
        [&](std::uint32_t i) { return bytes_for_dead_letter(in[i]); });
    emitter_.end();
    this->rejects_.flush();
  }

 private:
  F f_;
  Emitter<U> emitter_;
};

}  // namespace millrace::detail
