// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>

#include "millrace/core/batch.hpp"
#include "millrace/core/context.hpp"
#include "w2.hpp"

namespace bench::w2 {

/// W2's results as a sink of the library takes them.
struct Summing {
  Sink* sink;
  template <class R>
  void write(const millrace::Batch<R>& results, millrace::Context&) {
    for (std::uint32_t i = 0; i < results.size(); ++i) {
      const auto& [count, sum] = results[i].value;
      sink->take(results[i].key, results[i].window.end.time_since_epoch().count(), count, sum);
    }
  }
};

/// What all subtasks of a sink took.
struct Totals {
  std::atomic<std::uint64_t> count = 0;
  std::atomic<std::uint64_t> sum = 0;
};
struct SummingTogether {
  Totals* totals;
  template <class R>
  void write(const millrace::Batch<R>& results, millrace::Context& cx) {
    Sink sink;
    Summing{&sink}.write(results, cx);
    totals->count.fetch_add(sink.check.count, std::memory_order_relaxed);
    totals->sum.fetch_add(sink.check.sum, std::memory_order_relaxed);
  }
};

}  // namespace bench::w2
