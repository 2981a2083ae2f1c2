// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/aggregate.hpp"

namespace millrace::agg::detail {

void throw_overflow() {
  throw Failure(Error(Errc::limit_exceeded,
                      "agg::sum: this record's value would overflow the 64-bit sum of its key and "
                      "window; the sum goes on without it. Sum a double, or a smaller unit"));
}

void throw_merge_overflow() {
  throw Failure(
      Error(Errc::limit_exceeded,
            "agg::sum: the sums of a window's panes would overflow 64 bits together; sum a "
            "double, or a smaller unit"));
}

}  // namespace millrace::agg::detail
