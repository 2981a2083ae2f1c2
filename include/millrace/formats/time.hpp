// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

/// Reads a point of time. Accepted, to the last digit:
///
///     2/8/2016 0:37[:SS]                          month first, one or two digits each
///     2016-02-08 00:37:00[.1 to 9 digits]
///     2016-02-08T00:37:00[.1 to 9 digits][Z|+hh:mm|-hh:mm]
///
/// Units: without an offset the time is UTC; digits below the microsecond are cut off.
/// Errors: invalid_input for any other form, a day that the month does not have, an hour above 23,
/// a minute or second above 59.
/// Cost: about 10 ns; no allocation on the good path; no locale.
/// Source: RFC 3339, with the blank that its section 5.6 allows in place of the T.
MILLRACE_EXPORT Result<Timestamp> parse_time(std::string_view text);

/// The same for hot loops: false in place of an Error.
MILLRACE_EXPORT bool read_time(std::string_view text, Timestamp& out);

/// The most bytes that write_time writes.
inline constexpr std::size_t time_size_max = 26;

/// Writes `2016-02-08T00:37:00`, or `2022-12-24T04:53:57.450051` when the microseconds are not
/// zero, at `out` and returns the end; nullptr when the year is not within 0 to 9999.
MILLRACE_EXPORT char* write_time(Timestamp time, char* out);

/// The same as a string.
/// Errors: invalid_input for a year outside 0 to 9999.
MILLRACE_EXPORT Result<std::string> format_time(Timestamp time);

/// The parts of a day (UTC) as they stand in a path: "2016", "02", "08", "00".
class MILLRACE_EXPORT DateText {
 public:
  /// Errors: Failure (invalid_input) for a year outside 0 to 9999.
  explicit DateText(Timestamp time);
  std::string_view year() const { return {text_, 4}; }
  std::string_view month() const { return {text_ + 5, 2}; }
  std::string_view day() const { return {text_ + 8, 2}; }
  std::string_view hour() const { return {text_ + 11, 2}; }

 private:
  char text_[time_size_max];
};

}  // namespace millrace
