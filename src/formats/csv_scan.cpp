// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/csv_scan.hpp"

#include "millrace/formats/block64.hpp"
#include "millrace/formats/explain.hpp"

namespace millrace::csv {
namespace {

using detail::Block64;

// What one block hands to the next.
struct Quoting {
  std::uint64_t inside = 0;         // all ones while within quotes
  std::uint64_t may_open = 1;       // 1 when the block's first byte begins a field
  std::uint64_t after_closing = 0;  // 1 when the byte before closed a quote
};

// Checks a block that has quotes or begins within them; takes quoted separators out of `ends`.
// A doubled quote closes and opens again at once, so that it needs no case of its own.
template <class Masks>
bool check_quotes(const Masks& masks, std::uint64_t valid, std::uint64_t& ends, Quoting& state) {
  const std::uint64_t quotes = masks.equal('"') & valid;
  const std::uint64_t inside = detail::prefix_xor(quotes) ^ state.inside;
  const std::uint64_t opening = quotes & inside;
  const std::uint64_t closing = quotes & ~inside;
  ends &= ~inside;
  const std::uint64_t may_open = (ends | closing) << 1 | state.may_open;
  const std::uint64_t behind_closing = (closing << 1 | state.after_closing) & valid;
  state.may_open = (ends | closing) >> 63;
  state.after_closing = closing >> 63;
  state.inside = 0 - (inside >> 63);
  return (opening & ~may_open) == 0 && (behind_closing & ~(ends | opening)) == 0;
}

template <class Masks>
bool line_break_outside(const Masks& masks, std::uint64_t valid, std::uint64_t inside) {
  return ((masks.equal('\n') | masks.equal('\r')) & valid & ~inside) != 0;
}

// One block: its separators into `ends`; false when its shape is not legal.
template <class Masks>
bool scan_block(const Masks& masks, std::uint64_t valid, char delimiter, std::uint64_t& ends,
                Quoting& state) {
  ends = masks.equal(delimiter) & valid;
  const std::uint64_t quotes = masks.equal('"') & valid;
  const std::uint64_t was_inside = state.inside;
  if ((quotes | state.inside | state.after_closing) != 0) [[unlikely]] {
    if (!check_quotes(masks, valid, ends, state)) return false;
  } else {
    state.may_open = ends >> 63;
  }
  if ((masks.at_most('\r') & valid) != 0) [[unlikely]]
    return !line_break_outside(masks, valid, detail::prefix_xor(quotes) ^ was_inside);
  return true;
}

}  // namespace

bool RowScan::scan(std::string_view row, char delimiter) {
  row_ = row;
  block_ = before_ = 0;
  last_index_ = static_cast<std::size_t>(-1);
  const std::size_t size = row.size();
  if (ends_.size() < size / 64 + 1) [[unlikely]]
    ends_.resize(size / 64 + 1);
  Quoting state;
  std::uint64_t* ends = ends_.data();
  std::size_t fields = 0;
  std::size_t at = 0;
  for (; size - at >= 64; at += 64, ++ends) {
    if (!scan_block(Block64::load(row.data() + at), ~std::uint64_t{0}, delimiter, *ends, state))
      return false;
    fields += static_cast<std::size_t>(std::popcount(*ends));
  }
  const std::size_t left = size - at;
  *ends = 0;
  if (left != 0) {
    const detail::TailBlock<Block64> tail(row.data() + at, left, at);
    if (!scan_block(tail, detail::low_bits(left), delimiter, *ends, state)) return false;
    // Bits past the row belong to no byte: the state below must be that of its last byte.
    fields += static_cast<std::size_t>(std::popcount(*ends));
  }
  *ends |= std::uint64_t{1} << left;
  fields_ = fields + 1;
  return state.inside == 0;
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
