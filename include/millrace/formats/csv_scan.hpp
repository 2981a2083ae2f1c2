// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/formats/csv_fields.hpp"

namespace millrace::csv {

/// Checks the shape of one record and finds its fields.
/// Cost: a pass over the record's bytes, 64 at a time; no allocation.
/// Source: RFC 4180.
class MILLRACE_EXPORT RowScan {
 public:
  /// What is wrong with a record's shape, and at which byte.
  struct Flaw {
    std::size_t at = 0;
    std::string reason;
  };

  /// Looks at all of `row` (without its line's end). False when its quotes are not legal or a line
  /// break stands outside of them; flaw() says more.
  bool scan(std::string_view row, char delimiter);

  /// How many fields the record has; at least one.
  std::size_t fields() const { return fields_; }
  /// Field `index` as it stands in the record, with its quotes. Needs index < fields().
  std::string_view field(std::size_t index) { return finder_.field(index); }
  /// The first flaw of `row`, found a byte at a time.
  static Flaw flaw(std::string_view row, char delimiter);

 private:
  bool scan_quoted(char delimiter);

  std::string_view row_;
  std::size_t fields_ = 0;
  FieldFinder finder_;
};

}  // namespace millrace::csv
