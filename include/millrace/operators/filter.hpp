// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "millrace/core/invoke.hpp"
#include "millrace/core/original_bytes.hpp"
#include "millrace/graph/rejects.hpp"

namespace millrace::detail {

/// Keeps the values for which keep(value) is true. A batch that passes whole is not touched; of
/// another only what stays is moved, without a branch on what does.
template <class T, class F>
class FilterStep final : public GuardedLink<T, T> {
 public:
  FilterStep(const StepContext& context, F keep, OnError policy)
      : GuardedLink<T, T>(context, policy), keep_(std::move(keep)) {}

  void push(Batch<T>& in) override {
    const std::uint32_t n = in.size();
    this->counters().in.add(n);
    if (rows_.size() < n) rows_.resize(n);
    const T* const values = in.values();
    std::uint32_t* const rows = rows_.data();
    std::uint32_t kept = 0;
    this->guarded(
        0, n,
        [&](std::uint32_t i) {
          rows[kept] = i;
          kept += static_cast<std::uint32_t>(static_cast<bool>(millrace::invoke(keep_, values[i])));
        },
        [&](std::uint32_t i) { return bytes_for_dead_letter(values[i]); });
    if (kept != n) in.keep(rows, kept);
    this->counters().out.add(kept);
    this->out_.push(in);
    this->rejects_.flush();
  }

 private:
  F keep_;
  std::vector<std::uint32_t> rows_;  ///< the numbers of those that stay
};

}  // namespace millrace::detail
