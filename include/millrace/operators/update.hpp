// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "millrace/core/invoke.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/rejects.hpp"
#include "millrace/operators/drop_rows.hpp"

namespace millrace::detail {

/// Changes each value in place.
template <class T, class F>
class UpdateStep final : public GuardedLink<T, T> {
 public:
  UpdateStep(const StepContext& context, F f, OnError policy)
      : GuardedLink<T, T>(context, policy), f_(std::move(f)) {}

  void push(Batch<T>& in) override {
    this->counters().in.add(in.size());
    T* const values = in.writable();
    rejected_.clear();
    this->guarded(
        0, in.size(), [&](std::uint32_t i) { millrace::invoke(f_, values[i]); },
        [&](std::uint32_t i) {
          rejected_.push_back(i);
          return bytes_for_dead_letter(values[i]);
        });
    if (!rejected_.empty()) [[unlikely]]
      drop_rows(in, rejected_);
    this->counters().out.add(in.size());
    this->out_.push(in);
    this->rejects_.flush();
  }

 private:
  F f_;
  std::vector<std::uint32_t> rejected_;
};

}  // namespace millrace::detail
