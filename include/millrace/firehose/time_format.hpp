// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/firehose/time_zone.hpp"

namespace millrace::firehose {

/// A pattern of Java's DateTimeFormatter, for writing, with the names of US English.
///
/// Fields: G u y Y Q q M L w W D d F E e c a h H k K m s S A n N VV O X x Z, each with the widths
/// that Java gives it; `'text'` and `''` are literal, as is any byte that is no letter and none of
/// [ ] { } #; what stands in [ ] is written. `yyyy` is the year that people mean; `YYYY` is that of
/// the week, which begins on Sunday, so that 2024-12-30 lies in 2025.
/// Threads: any. Source: java.time.format.DateTimeFormatter, JDK 17.
class MILLRACE_EXPORT TimePattern {
 public:
  /// Errors: invalid_input for letters that Java reserves, a width that the field has not, an open
  /// quote or bracket; unsupported for B g p v z, which need Java's tables of names. Messages name
  /// the column in bytes, `first_column` for the pattern's first.
  static Result<TimePattern> parse(std::string_view pattern, std::size_t first_column = 1);

  /// Appends `time` as `zone`'s clocks show it. Years past those of Timestamp do not come up.
  void append(Timestamp time, const TimeZone& zone, std::string& out) const;
  std::string format(Timestamp time, const TimeZone& zone = {}) const;

 private:
  /// One field of `width` letters, or for letter 0 the literal bytes [begin, begin + width).
  struct Part {
    char letter = 0;
    std::uint32_t width = 0;
    std::uint32_t begin = 0;
  };
  std::vector<Part> parts_;
  std::string literals_;
};

}  // namespace millrace::firehose
