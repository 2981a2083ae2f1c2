// SPDX-License-Identifier: BSL-1.0
#include "millrace/operators/window_errors.hpp"

#include "millrace/core/error.hpp"

namespace millrace::detail {

void throw_state_limit(const std::string& step, std::uint64_t bytes, const StateBudget& budget) {
  throw Failure(Error(
      Errc::limit_exceeded,
      "step \"" + step + "\": its windows hold " + std::to_string(bytes) +
          " bytes, and with that the pipeline's state passes its limit of " +
          std::to_string(budget.limit()) +
          " bytes; raise the limit, take shorter windows, less allowed lateness or fewer keys"));
}

void throw_outside(Timestamp t) {
  throw Failure(Error(Errc::invalid_input,
                      "the record's time, " + std::to_string(t.time_since_epoch().count()) +
                          " us since 1970, is in no window that a Timestamp can hold; check what "
                          "event_time returns"));
}

}  // namespace millrace::detail
