// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/file.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::firehose {

/// Where the system keeps its time zones on Debian and nearly everywhere else.
inline constexpr std::string_view zone_directory = "/usr/share/zoneinfo";

/// A time zone: how far its clocks are from UTC at any time. The default one is UTC.
/// Threads: any. Lifetime: copies share what was read.
class MILLRACE_EXPORT TimeZone {
 public:
  /// UTC.
  TimeZone();

  /// A zone by its name, without reading a file: UTC, GMT, UT, Z, Etc/UTC, Etc/GMT and offsets from
  /// them: +09:00, -0530, +9, UTC+09:00, GMT-3.
  /// Errors: not_found for any other name; invalid_input for an offset past 18 hours.
  static Result<TimeZone> fixed(std::string_view name);

  /// The same, or an IANA name (`Asia/Tokyo`) from the system's files in `directory`: compiled
  /// zones (TZif), with other names for a zone read from tzdata.zi, since Env's files are not
  /// links. Errors: invalid_input for a name that can't be one, or of more than 50 characters;
  /// not_found when the zone, or the whole database, is not there (Debian: package tzdata);
  /// corrupted for a file that is no TZif.
  /// Cost: reads a file or two. Source: RFC 8536; POSIX.1 for the rule at the file's end.
  static Result<TimeZone> find(std::string_view name, Fs& fs,
                               std::string_view directory = zone_directory);

  /// As it was asked for.
  const std::string& name() const;
  /// Local time minus UTC at `time`. Cost: a binary search.
  std::chrono::seconds offset(Timestamp time) const;

 private:
  class Rules;
  TimeZone(std::string name, std::shared_ptr<const Rules> rules)
      : name_(std::move(name)), rules_(std::move(rules)) {}
  std::string name_;
  std::shared_ptr<const Rules> rules_;
};

}  // namespace millrace::firehose
