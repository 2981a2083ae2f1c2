// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "millrace/millrace.hpp"
#include "millrace/state/pages.hpp"

namespace bench {

/// An array as a source: its batches borrow the array's own memory. Lifetime: the array outlives
/// it.
template <class T>
struct ArraySource {
  using value_type = T;
  const T* next;
  const T* end;
  std::shared_ptr<std::array<millrace::Timestamp, millrace::Batch<T>::default_capacity>> no_times =
      std::make_shared<typename decltype(no_times)::element_type>();

  explicit ArraySource(const millrace::detail::PageArray<T>& all)
      : next(all.data()), end(all.data() + all.size()) {}

  millrace::ReadStatus read(millrace::Batch<T>& out, millrace::Context&) {
    const auto n = static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(out.capacity(), end - next));
    out.borrow(next, no_times->data(), n);
    next += n;
    return next == end ? millrace::ReadStatus::end : millrace::ReadStatus::more;
  }
  millrace::Position position() const { return {}; }
  void resume(const millrace::Position&) {}
};

}  // namespace bench
