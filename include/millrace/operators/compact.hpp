// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <type_traits>
#include <utility>

#include "millrace/core/batch.hpp"

namespace millrace::detail {

/// Moves the records that stay to the front of their batch, in order. Values change places instead
/// of being overwritten, so that slots past the end keep the capacity of their strings.
template <class T>
class Compaction {
 public:
  /// Records before `first` stay; `first` goes.
  void begin(Batch<T>& batch, std::uint32_t first) {
    values_ = batch.writable();
    times_ = batch.writable_times();
    write_ = first;
  }
  void keep(Batch<T>&, std::uint32_t i) {
    if constexpr (std::is_trivially_copyable_v<T>)
      values_[write_] = values_[i];
    else
      std::swap(values_[write_], values_[i]);
    times_[write_] = times_[i];
    ++write_;
  }
  void end(Batch<T>& batch) { batch.resize(write_); }

 private:
  T* values_ = nullptr;
  Timestamp* times_ = nullptr;
  std::uint32_t write_ = 0;
};

}  // namespace millrace::detail
