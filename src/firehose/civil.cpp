// SPDX-License-Identifier: BSL-1.0
#include "firehose/civil.hpp"

namespace millrace::firehose {
namespace {

constexpr long long day_microseconds = 86'400'000'000;

long long floor_div(long long a, long long b) { return a / b - (a % b < 0 ? 1 : 0); }

// Days of a year that lie before its first week begins; negative when that began the year before.
int first_week_start(long long year, int first_weekday, int least_days) {
  const int new_year = weekday_of(days_of(year, 1, 1));
  const int start = (first_weekday - new_year + 7) % 7;
  return start >= least_days ? start - 7 : start;
}

}  // namespace

bool is_leap(long long year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int weekday_of(long long days) { return static_cast<int>(((days + 4) % 7 + 7) % 7); }

// The year begins in March here, so that the day that comes and goes is its last one.
long long days_of(long long year, int month, int day) {
  year -= month <= 2;
  const long long era = floor_div(year, 400);
  const long long year_of_era = year - era * 400;
  const long long day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const long long day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

Civil to_civil(Timestamp time, std::chrono::seconds offset) {
  Civil civil;
  const long long since = time.time_since_epoch().count();
  const long long whole_days = floor_div(since, day_microseconds);
  // The offset is added to the rest alone: the first and last times there are must not overflow.
  const long long of_day = (since % day_microseconds + day_microseconds) % day_microseconds;
  const long long rest = of_day + offset.count() * 1'000'000;
  civil.days = whole_days + floor_div(rest, day_microseconds);
  civil.microseconds = rest - floor_div(rest, day_microseconds) * day_microseconds;
  civil.weekday = weekday_of(civil.days);

  const long long z = civil.days + 719'468;
  const long long era = floor_div(z, 146'097);
  const long long day_of_era = z - era * 146'097;
  const long long year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const long long march_day =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const long long march_month = (5 * march_day + 2) / 153;
  civil.day = static_cast<int>(march_day - (153 * march_month + 2) / 5 + 1);
  civil.month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
  civil.day_of_year = static_cast<int>(civil.days - days_of(civil.year, 1, 1)) + 1;
  return civil;
}

Week week_of(const Civil& civil, int first_weekday, int least_days) {
  const int day = civil.day_of_year - 1;
  const int start = first_week_start(civil.year, first_weekday, least_days);
  const int year_days = is_leap(civil.year) ? 366 : 365;
  if (day < start) {
    const int before = is_leap(civil.year - 1) ? 366 : 365;
    const int earlier = first_week_start(civil.year - 1, first_weekday, least_days);
    return {civil.year - 1, (day + before - earlier) / 7 + 1};
  }
  if (day >= year_days + first_week_start(civil.year + 1, first_weekday, least_days))
    return {civil.year + 1, 1};
  return {civil.year, (day - start) / 7 + 1};
}

}  // namespace millrace::firehose
