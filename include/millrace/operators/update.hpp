// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "millrace/core/invoke.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/operators/compact.hpp"

namespace millrace::detail {

/// Changes each value in place.
template <class T, class F>
class UpdateStep final : public GuardedLink<T, T> {
 public:
  UpdateStep(const StepContext& context, F f, OnError policy)
      : GuardedLink<T, T>(context, policy), f_(std::move(f)) {}

  void push(Batch<T>& in) override {
    this->counters().in.add(in.size());
    T* values = in.writable();
    std::uint32_t failed = in.size();  // the first record that threw
    Compaction<T> compaction;
    this->guarded(
        0, in.size(),
        [&](std::uint32_t i) {
          millrace::invoke(f_, values[i]);
          if (failed != in.size()) [[unlikely]]
            compaction.keep(in, i);
        },
        [&](std::uint32_t i) {
          if (failed == in.size()) compaction.begin(in, failed = i);
          return bytes_for_dead_letter(in[i]);
        });
    if (failed != in.size()) compaction.end(in);
    this->counters().out.add(in.size());
    this->out_.push(in);
    this->rejects_.flush();
  }

 private:
  F f_;
};

}  // namespace millrace::detail
