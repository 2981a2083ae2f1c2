// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_scan.hpp"

#include <bit>

#include "formats/csv_quotes.hpp"
#include "millrace/formats/block64.hpp"
#include "millrace/formats/explain.hpp"

namespace millrace::csv {
namespace {

using detail::Block64;

// Judges the quotes and line breaks of a row, block after block, and counts its fields.
class Judge {
 public:
  explicit Judge(char delimiter) : delimiter_(delimiter) {}

  // False when the block's shape is not legal.
  template <class Masks>
  bool add(const Masks& masks, std::uint64_t valid) {
    std::uint64_t ends = masks.equal(delimiter_) & valid;
    const std::uint64_t breaks = (masks.equal('\n') | masks.equal('\r')) & valid;
    const std::uint64_t quotes = masks.equal('"') & valid;
    const std::uint64_t inside = inside_quotes(quotes, state_);
    const std::uint64_t misplaced = check_quotes(quotes, inside, valid, ends, state_);
    fields_ += static_cast<std::size_t>(std::popcount(ends));
    return (misplaced | (breaks & ~inside)) == 0;
  }
  bool closed() const { return state_.inside == 0; }
  std::size_t fields() const { return fields_; }

 private:
  char delimiter_;
  Quoting state_;
  std::size_t fields_ = 1;
};

}  // namespace

bool RowScan::scan(std::string_view row, char delimiter) {
  row_ = row;
  // Most records have neither quotes nor control characters: one pass without a branch says so.
  Block64::Rare rare;
  std::size_t separators = 0;
  std::size_t at = 0;
  for (; row.size() - at >= 64; at += 64) {
    const Block64 block = Block64::load(row.data() + at);
    separators += static_cast<std::size_t>(std::popcount(block.equal(delimiter)));
    rare.add(block);
  }
  const std::size_t left = row.size() - at;
  if (left != 0) {
    const detail::TailBlock<Block64> tail(row.data() + at, left, at);
    separators +=
        static_cast<std::size_t>(std::popcount(tail.equal(delimiter) & detail::low_bits(left)));
    rare.add(tail.block());
  }
  fields_ = separators + 1;
  if (rare.any() && !scan_quoted(delimiter)) return false;
  finder_ = FieldFinder(row, delimiter);
  return true;
}

bool RowScan::scan_quoted(char delimiter) {
  Judge judge(delimiter);
  std::size_t at = 0;
  for (; row_.size() - at >= 64; at += 64)
    if (!judge.add(Block64::load(row_.data() + at), ~std::uint64_t{0})) return false;
  const std::size_t left = row_.size() - at;
  if (left != 0 &&
      !judge.add(detail::TailBlock<Block64>(row_.data() + at, left, at), detail::low_bits(left)))
    return false;
  fields_ = judge.fields();
  return judge.closed();
}

RowScan::Flaw RowScan::flaw(std::string_view row, char delimiter) {
  enum { field_start, unquoted, quoted, closed } state = field_start;
  std::size_t opened = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const char c = row[i];
    if (state == quoted) {
      if (c == '"') state = closed;
      continue;
    }
    if (c == '"') {
      if (state == unquoted) return {i, "a quote inside a field that does not begin with one"};
      if (state == field_start) opened = i;
      state = quoted;
    } else if (c == delimiter) {
      state = field_start;
    } else if (c == '\n' || c == '\r') {
      return {i, "a line break outside quotes"};
    } else if (state == closed) {
      return {i, detail::seen(row.substr(i, 1)) + " after a closing quote"};
    } else {
      state = unquoted;
    }
  }
  if (state == quoted) return {opened, "the quote is not closed"};
  return {};
}

}  // namespace millrace::csv
