// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "millrace/graph/output.hpp"

namespace millrace::detail {

/// The stream of records that came too late for their window. Nobody need be connected.
template <class T>
class LateOutput {
 public:
  /// A batch of n records begins; all of them may be late.
  void begin(std::uint32_t n) { expected_ = n; }
  /// Takes record i of the batch.
  void take(Batch<T>& batch, std::uint32_t i) {
    if (!output_.connected()) return;
    if (!late_ || late_->capacity() < expected_) late_ = std::make_unique<Batch<T>>(expected_);
    if constexpr (std::is_copy_assignable_v<T>)
      late_->slot() = batch[i];
    else
      late_->slot() = std::move(batch.writable()[i]);
    const Timestamp time = batch.time(i);
    late_->commit(time);
    late_->widen_bounds(time, time);
    late_->set_partition(batch.partition());
    for (const ArenaRef& arena : batch.arenas()) late_->hold(arena);
  }
  void flush() {
    if (!late_ || late_->empty()) return;
    output_.push(*late_);
    late_->clear();
  }
  Output<T>& output() { return output_; }

 private:
  Output<T> output_;
  std::unique_ptr<Batch<T>> late_;  ///< made at the first late record
  std::uint32_t expected_ = 0;
};

}  // namespace millrace::detail
