// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>

#include "millrace/core/time.hpp"

namespace millrace::firehose {

/// A point of local time as a calendar and a clock show it, for every time that a Timestamp holds.
/// The years of std::chrono end at 32767; these do not.
struct Civil {
  long long days = 0;          ///< since 1970-01-01
  long long year = 1970;       ///< proleptic, 0 is 1 BC
  int month = 1;               ///< 1 to 12
  int day = 1;                 ///< of the month, from 1
  int day_of_year = 1;         ///< from 1
  int weekday = 4;             ///< 0 is Sunday
  long long microseconds = 0;  ///< since midnight

  int hour() const { return static_cast<int>(microseconds / 3'600'000'000); }
  int minute() const { return static_cast<int>(microseconds / 60'000'000 % 60); }
  int second() const { return static_cast<int>(microseconds / 1'000'000 % 60); }
};

Civil to_civil(Timestamp time, std::chrono::seconds offset);

/// Days from 1970-01-01 to that date.
long long days_of(long long year, int month, int day);
bool is_leap(long long year);
/// 0 is Sunday.
int weekday_of(long long days);

/// A week's number, and the year that it belongs to.
struct Week {
  long long year = 0;
  int number = 0;
};
/// Weeks from `first_weekday` on (0 is Sunday); week 1 is the first with `least_days` days in it.
Week week_of(const Civil& civil, int first_weekday, int least_days);

}  // namespace millrace::firehose
