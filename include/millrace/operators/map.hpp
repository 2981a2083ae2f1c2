// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>

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
    const T* const values = in.values();
    const Timestamp* const times = in.times();
    for (std::uint32_t first = 0; first < in.size();) {
      const auto [to, to_times, room] = emitter_.free();
      U* const out = to;
      Timestamp* const out_times = to_times;
      const std::uint32_t last = first + std::min(in.size() - first, room);
      std::uint32_t made = 0;
      this->guarded(
          first, last,
          [&](std::uint32_t i) {
            out[made] = millrace::invoke(f_, values[i]);
            one_record_at_a_time<U>();
            out_times[made++] = times[i];
          },
          [&](std::uint32_t i) { return bytes_for_dead_letter(values[i]); });
      emitter_.filled(made);
      first = last;
    }
    emitter_.end();
    this->rejects_.flush();
  }

 private:
  F f_;
  Emitter<U> emitter_;
};

}  // namespace millrace::detail
