// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "millrace/core/export.hpp"

namespace millrace::csv {

/// Finds the fields of a legal record by counting separators, 64 bytes at a time, and looks at no
/// more of the record than it is asked for.
/// Contract: the record was checked, by RowScan::scan() or by a splitter (RowShape).
/// Lifetime: fields view the record. Cost: least when asked for fields of one region in turn.
class FieldFinder {
 public:
  FieldFinder() : FieldFinder({}, ',') {}
  FieldFinder(std::string_view row, char delimiter) : row_(row), delimiter_(delimiter) {
    look(look_at(row, 0, delimiter, 0));
  }

  /// Field `index` as it stands in the record, with its quotes. Needs index < the fields' number.
  /// Inlined always: what is known of the block stays in registers.
  [[gnu::always_inline]] std::string_view field(std::size_t index) {
    if (index - before_ >= count_) [[unlikely]] {
      FieldFinder there = *this;  // a copy, or else all of this would live in memory
      there.seek(index);
      *this = there;
    }
    std::uint64_t ends = ends_;
    std::size_t start = open_;
    if (std::size_t skip = index - before_; skip != 0) {
      while (--skip != 0) ends &= ends - 1;
      start = at_ + static_cast<std::size_t>(std::countr_zero(ends)) + 1;
      ends &= ends - 1;
    }
    const std::size_t end = at_ + static_cast<std::size_t>(std::countr_zero(ends));
    return {row_.data() + start, end - start};
  }

 private:
  struct Block {
    std::uint64_t ends;    // of fields; the record's end is one, too
    std::uint64_t inside;  // all ones when it ends within quotes
  };
  MILLRACE_EXPORT static Block look_at(std::string_view row, std::size_t at, char delimiter,
                                       std::uint64_t inside);
  // To the block in which field `index` ends.
  MILLRACE_EXPORT void seek(std::size_t index);
  void look(Block block) {
    ends_ = block.ends;
    inside_ = block.inside;
    count_ = static_cast<std::size_t>(std::popcount(block.ends));
  }

  std::string_view row_;
  std::size_t at_ = 0;      // where the block begins,
  std::size_t open_ = 0;    // where the field begins that it begins in,
  std::size_t before_ = 0;  // how many fields end before it,
  std::size_t count_ = 0;   // and how many in it
  std::uint64_t ends_ = 0;
  std::uint64_t inside_ = 0;
  char delimiter_;
};

}  // namespace millrace::csv
