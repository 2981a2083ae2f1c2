// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::firehose {

/// How often a delivery goes on to a new index; Firehose's IndexRotationPeriod.
enum class IndexRotation : unsigned char { no_rotation, one_hour, one_day, one_week, one_month };

/// How weeks are counted, about which the sources differ.
enum class WeekRule : unsigned char {
  us,                ///< from Sunday, week 1 holds the first Saturday, the week's year: the default
  us_calendar_year,  ///< the same weeks, but the day's year: its last days are week 53
  iso,               ///< from Monday, week 1 holds the first Thursday, the week's year (ISO 8601)
  first_sunday,      ///< from Sunday, week 1 holds the first Sunday, 0 before it (strftime's %U)
};

/// From the API's spelling: NoRotation, OneHour, OneDay, OneWeek, OneMonth. Errors: invalid_input.
MILLRACE_EXPORT Result<IndexRotation> parse_rotation(std::string_view name);
/// The API's spelling. Lifetime: static.
MILLRACE_EXPORT std::string_view to_string(IndexRotation rotation);

/// The index of a record by its arrival time in UTC: `myindex`, `myindex-2016-02-25-13`,
/// `myindex-2016-02-25`, `myindex-2016-w09`, `myindex-2016-02`.
/// Source: Firehose developer guide, index rotation; its example `w08` and its rule (US weeks,
/// `w09`) contradict each other, WeekRule has both.
MILLRACE_EXPORT std::string index_name(std::string_view index, IndexRotation rotation,
                                       Timestamp arrival, WeekRule weeks = WeekRule::us);

/// Errors: invalid_input for an index's name that OpenSearch does not take, or of none or more
/// than 80 characters.
MILLRACE_EXPORT Result<void> check_index_name(std::string_view index);

}  // namespace millrace::firehose
