// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "millrace/core/invoke.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/operators/compact.hpp"

namespace millrace::detail {

/// Keeps the values for which keep(value) is true. Nothing is written until the first one goes, so
/// a borrowed batch that passes whole is never copied.
template <class T, class F>
class FilterStep final : public GuardedLink<T, T> {
 public:
  FilterStep(const StepContext& context, F keep, OnError policy)
      : GuardedLink<T, T>(context, policy), keep_(std::move(keep)) {}

  void push(Batch<T>& in) override {
    const std::uint32_t n = in.size();
    this->counters().in.add(n);
    std::uint32_t first_gone = n;
    auto bytes = [&](std::uint32_t i) {
      if (first_gone == n) compaction_.begin(in, first_gone = i);
      return bytes_for_dead_letter(in[i]);
    };
    this->guarded(
        0, n,
        [&](std::uint32_t at) {
          const bool stays = millrace::invoke(keep_, in[at]);
          if (first_gone == n) {
            if (!stays) compaction_.begin(in, first_gone = at);
          } else if (stays) {
            compaction_.keep(in, at);
          }
        },
        bytes);
    if (first_gone != n) compaction_.end(in);
    this->counters().out.add(in.size());
    this->out_.push(in);
    this->rejects_.flush();
  }

 private:
  F keep_;
  Compaction<T> compaction_;
};

}  // namespace millrace::detail
