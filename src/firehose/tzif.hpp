// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "firehose/posix_rule.hpp"
#include "millrace/core/result.hpp"

namespace millrace::firehose {

/// A compiled time zone. Source: RFC 8536.
class Tzif {
 public:
  /// Always the same.
  explicit Tzif(int offset) : first_(offset) {}

  /// The contents of a TZif file, versions 1 to 4. Every count and index is checked.
  /// Errors: corrupted; unsupported for a file that counts leap seconds.
  static Result<Tzif> parse(std::string_view bytes);

  /// Seconds east of UTC at `time`, seconds since 1970.
  int offset(std::int64_t time) const;

 private:
  struct Change {
    std::int64_t time = 0;
    int offset = 0;
  };
  class Reader;
  int first_ = 0;
  std::vector<Change> changes_;
  std::optional<PosixRule> rule_;
};

}  // namespace millrace::firehose
