// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <cstring>
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
    kept_ = 0;
    const T* const values = in.values();
    std::uint32_t i = 0;
    for (; i + at_once <= n; i += at_once) look_at(values + i, i, at_once);
    if (i < n) look_at(values + i, i, n - i);
    if (kept_ != n) in.keep(rows_.data(), kept_);
    this->counters().out.add(kept_);
    this->out_.push(in);
    this->rejects_.flush();
  }

 private:
  static constexpr std::uint32_t at_once = sizeof(std::uint64_t);  ///< flags

  /// Lists those of some records that stay. First nothing but their flags, so that the compiler
  /// makes vectors of a plain condition; then without a branch on each.
  [[gnu::always_inline]] void look_at(const T* values, std::uint32_t first, std::uint32_t count) {
    bool stays[at_once] = {};
    this->guarded(
        0, count,
        [&](std::uint32_t i) { stays[i] = static_cast<bool>(millrace::invoke(keep_, values[i])); },
        [&](std::uint32_t i) { return bytes_for_dead_letter(values[i]); });
    std::uint64_t some = 0;
    std::memcpy(&some, stays, sizeof some);
    if (some == 0) return;
    std::uint32_t* const rows = rows_.data();
    std::uint32_t kept = kept_;
    for (std::uint32_t i = 0; i < count; ++i) {
      rows[kept] = first + i;
      kept += stays[i];
    }
    kept_ = kept;
  }

  F keep_;
  std::vector<std::uint32_t> rows_;  ///< the numbers of those that stay
  std::uint32_t kept_ = 0;
};

}  // namespace millrace::detail
