// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_fields.hpp"

#include <algorithm>

#include "millrace/formats/block64.hpp"

namespace millrace::csv {

using detail::Block64;

FieldFinder::Block FieldFinder::look_at(std::string_view row, std::size_t at, char delimiter,
                                        std::uint64_t inside) {
  const std::size_t left = row.size() - at;
  const auto ends = [&](const auto& masks, std::uint64_t valid) {
    const std::uint64_t separators = masks.equal(delimiter) & valid;
    const std::uint64_t quotes = masks.equal('"') & valid;
    if ((quotes | inside) == 0) [[likely]]
      return separators;
    const std::uint64_t within = detail::prefix_xor(quotes) ^ inside;
    inside = 0 - (within >> 63);
    return separators & ~within;
  };
  if (left >= 64) [[likely]] {
    const std::uint64_t found = ends(Block64::load(row.data() + at), ~std::uint64_t{0});
    return {found, inside};
  }
  std::uint64_t found = std::uint64_t{1} << left;
  if (left != 0)
    found |= ends(detail::TailBlock<Block64>(row.data() + at, left, at), detail::low_bits(left));
  return {found, inside};
}

void FieldFinder::seek(std::size_t index) {
  if (index < before_) {
    at_ = open_ = before_ = 0;
    look(look_at(row_, 0, delimiter_, 0));
  }
  while (index - before_ >= count_) {
    before_ += count_;
    if (ends_ != 0) open_ = at_ + 64 - static_cast<std::size_t>(std::countl_zero(ends_));
    at_ += 64;
    look(look_at(row_, at_, delimiter_, inside_));
  }
}

}  // namespace millrace::csv
