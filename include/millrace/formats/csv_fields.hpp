// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "millrace/core/export.hpp"

namespace millrace::csv {

/// Where fields end in 64 bytes of a record: a bit for each byte.
struct FieldEnds {
  std::uint64_t ends = 0;    ///< the record's end is one, too
  std::uint64_t inside = 0;  ///< all ones when the bytes end within quotes
};
/// Looks at the bytes from `at` on; `inside` is what the bytes before said.
MILLRACE_EXPORT FieldEnds field_ends(std::string_view row, std::size_t at, char delimiter,
                                     std::uint64_t inside);

/// Finds the fields of a legal record by counting separators, 64 bytes at a time, and looks at no
/// more of the record than it is asked for.
/// Contract: the record was checked, by RowScan::scan() or by a splitter (RowShape).
/// Lifetime: fields view the record. Cost: least when asked for fields of one region in turn.
class MILLRACE_EXPORT FieldFinder {
 public:
  FieldFinder() = default;
  FieldFinder(std::string_view row, char delimiter) : row_(row), delimiter_(delimiter) {}
  /// Field `index` as it stands in the record, with its quotes. Needs index < the fields' number.
  std::string_view field(std::size_t index);

 private:
  void seek(std::size_t index);  // to the block in which that field ends
  void look(std::size_t at);

  std::string_view row_;
  std::size_t at_ = 0;      // where the block begins,
  std::size_t open_ = 0;    // where the field begins that it begins in,
  std::size_t before_ = 0;  // how many fields end before it,
  std::size_t count_ = 0;   // and how many in it; at first none, since it was not looked at
  FieldEnds block_;
  char delimiter_ = ',';
};

/// The fields that end within the first 64 bytes of a legal record, inlined: mostly these are asked
/// for, and often of records of which nothing else is.
class FirstFields {
 public:
  /// `ends`: of the record's fields, from field_ends() or RowShape::first_ends().
  FirstFields(std::string_view row, std::uint64_t ends) : row_(row.data()), ends_(ends) {}
  std::size_t count() const { return static_cast<std::size_t>(std::popcount(ends_)); }
  /// Needs index < count().
  [[gnu::always_inline]] std::string_view field(std::size_t index) const {
    std::uint64_t ends = ends_;
    std::size_t start = 0;
    if (index != 0) {
      while (--index != 0) ends &= ends - 1;
      start = static_cast<std::size_t>(std::countr_zero(ends)) + 1;
      ends &= ends - 1;
    }
    return {row_ + start, static_cast<std::size_t>(std::countr_zero(ends)) - start};
  }

 private:
  const char* row_;
  std::uint64_t ends_;
};

}  // namespace millrace::csv
