// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"

namespace millrace::csv {

/// The separators of one record: a bit for each byte. Fields are found by counting bits, so that
/// only the wanted ones are touched.
/// Cost: a pass over the record's bytes, 64 at a time; no allocation once the longest record was
/// seen.
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
  /// False when no field can be quoted.
  bool may_have_quotes() const { return rare_; }
  /// True when nothing stands between the separators.
  bool all_empty() const { return fields_ == row_.size() + 1; }
  /// Field `index` as it stands in the record, with its quotes. Needs index < fields(). Cost: least
  /// when called with rising indices.
  std::string_view field(std::size_t index) {
    const std::size_t start = index == 0 ? 0 : end_of(index - 1) + 1;
    return row_.substr(start, end_of(index) - start);
  }
  /// The first flaw of `row`, found a byte at a time.
  static Flaw flaw(std::string_view row, char delimiter);

 private:
  bool scan_quoted(char delimiter);

  // Where field `index` ends: at the bit with that number. The last field has a bit, too.
  std::size_t end_of(std::size_t index) {
    if (index == last_index_) return last_end_;
    if (index < before_) block_ = before_ = 0;
    std::uint64_t bits = ends_[block_];
    for (;;) {
      const auto count = static_cast<std::size_t>(std::popcount(bits));
      if (index < before_ + count) break;
      before_ += count;
      bits = ends_[++block_];
    }
    for (std::size_t skip = index - before_; skip != 0; --skip) bits &= bits - 1;
    last_index_ = index;
    last_end_ = block_ * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    return last_end_;
  }

  std::string_view row_;
  std::vector<std::uint64_t> ends_;
  std::size_t fields_ = 0;
  bool rare_ = false;           // a quote or a control character was seen
  std::size_t block_ = 0;       // the cursor: a block,
  std::size_t before_ = 0;      // and how many ends lie before it
  std::size_t last_index_ = 0;  // the last answer: neighbours ask for it again
  std::size_t last_end_ = 0;
};

}  // namespace millrace::csv
