// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_fields.hpp"

#include "millrace/formats/block64.hpp"

namespace millrace::csv {

using detail::Block64;

FieldEnds field_ends(std::string_view row, std::size_t at, char delimiter, std::uint64_t inside) {
  const auto look = [&](const auto& masks, std::uint64_t valid) -> FieldEnds {
    const std::uint64_t separators = masks.equal(delimiter) & valid;
    const std::uint64_t quotes = masks.equal('"') & valid;
    if ((quotes | inside) == 0) [[likely]]
      return {separators, 0};
    const std::uint64_t within = detail::prefix_xor(quotes) ^ inside;
    return {separators & ~within, 0 - (within >> 63)};
  };
  const std::size_t left = row.size() - at;
  if (left >= 64) [[likely]]
    return look(Block64::load(row.data() + at), ~std::uint64_t{0});
  FieldEnds last;
  if (left != 0)
    last = look(detail::TailBlock<Block64>(row.data() + at, left, at), detail::low_bits(left));
  last.ends |= std::uint64_t{1} << left;
  return last;
}

std::string_view FieldFinder::field(std::size_t index) {
  if (index - before_ >= count_) seek(index);
  std::uint64_t ends = block_.ends;
  std::size_t start = open_;
  if (std::size_t skip = index - before_; skip != 0) {
    while (--skip != 0) ends &= ends - 1;
    start = at_ + static_cast<std::size_t>(std::countr_zero(ends)) + 1;
    ends &= ends - 1;
  }
  const std::size_t end = at_ + static_cast<std::size_t>(std::countr_zero(ends));
  return {row_.data() + start, end - start};
}

void FieldFinder::seek(std::size_t index) {
  if (index < before_ || count_ == 0) {
    open_ = before_ = 0;
    block_ = {};
    look(0);
  }
  while (index - before_ >= count_) {
    before_ += count_;
    if (block_.ends != 0)
      open_ = at_ + 64 - static_cast<std::size_t>(std::countl_zero(block_.ends));
    look(at_ + 64);
  }
}

void FieldFinder::look(std::size_t at) {
  at_ = at;
  block_ = field_ends(row_, at, delimiter_, block_.inside);
  count_ = static_cast<std::size_t>(std::popcount(block_.ends));
}

}  // namespace millrace::csv
