// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::firehose {

/// A zone's rule for all times to come, as POSIX writes it: `EST5EDT,M3.2.0,M11.1.0`.
/// Source: POSIX.1-2017 chapter 8.3; RFC 8536 section 3.3.1 for times of -167 to 167 hours.
class PosixRule {
 public:
  /// Nothing for a text that is no such rule.
  static std::optional<PosixRule> parse(std::string_view text);

  /// Seconds east of UTC at `time`, seconds since 1970.
  int offset(std::int64_t time) const;

 private:
  enum class DateKind : unsigned char { julian, day, month };
  struct Change {
    DateKind kind{};
    int day = 0;    ///< of the year (julian from 1 without February 29, day from 0), or of the week
    int week = 0;   ///< 1 to 5, 5 is the last
    int month = 0;  ///< 1 to 12
    int time = 7200;
  };
  class Reader;
  static std::int64_t seconds_of(const Change& change, long long year);

  int standard_ = 0;
  std::optional<int> summer_;
  Change to_summer_;
  Change to_standard_;
};

}  // namespace millrace::firehose
