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

// Takes quoted separators out of `ends` and checks where quotes stand. A doubled quote closes and
// opens again at once, so that it needs no case of its own.
bool check_quotes(std::uint64_t quotes, std::uint64_t inside, std::uint64_t valid,
                  std::uint64_t& ends, Quoting& state) {
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

// One block: its separators into `ends`; false when its shape is not legal.
template <class Masks>
bool check_block(const Masks& masks, std::uint64_t valid, char delimiter, std::uint64_t& ends,
                 Quoting& state) {
  ends = masks.equal(delimiter) & valid;
  const std::uint64_t breaks = (masks.equal('\n') | masks.equal('\r')) & valid;
  const std::uint64_t quotes = masks.equal('"') & valid;
  const std::uint64_t inside = detail::prefix_xor(quotes) ^ state.inside;
  return check_quotes(quotes, inside, valid, ends, state) && (breaks & ~inside) == 0;
}

// Calls `f(masks, valid, word)` for each 64 bytes of `row`; false as soon as a call is.
template <class F>
bool each_block(std::string_view row, std::uint64_t* word, F f) {
  std::size_t at = 0;
  for (; row.size() - at >= 64; at += 64, ++word)
    if (!f(Block64::load(row.data() + at), ~std::uint64_t{0}, *word)) return false;
  const std::size_t left = row.size() - at;
  *word = 0;
  if (left != 0 &&
      !f(detail::TailBlock<Block64>(row.data() + at, left, at), detail::low_bits(left), *word))
    return false;
  *word |= std::uint64_t{1} << left;
  return true;
}

}  // namespace

bool RowScan::scan(std::string_view row, char delimiter) {
  row_ = row;
  block_ = before_ = 0;
  last_index_ = static_cast<std::size_t>(-1);
  if (ends_.size() < row.size() / 64 + 1) [[unlikely]]
    ends_.resize(row.size() / 64 + 1);
  // Most records have neither quotes nor control characters: one pass without a branch says so.
  Block64::Rare rare;
  std::size_t fields = 1;
  std::size_t at = 0;
  std::uint64_t* word = ends_.data();
  for (; row.size() - at >= 64; at += 64, ++word) {
    const Block64 block = Block64::load(row.data() + at);
    *word = block.equal(delimiter);
    fields += static_cast<std::size_t>(std::popcount(*word));
    rare.add(block);
  }
  const std::size_t left = row.size() - at;
  *word = 0;
  if (left != 0) {
    const detail::TailBlock<Block64> tail(row.data() + at, left, at);
    *word = tail.equal(delimiter) & detail::low_bits(left);
    fields += static_cast<std::size_t>(std::popcount(*word));
    rare.add(tail.block());
  }
  *word |= std::uint64_t{1} << left;
  fields_ = fields;
  rare_ = rare.any();
  return !rare_ || scan_quoted(delimiter);
}

bool RowScan::scan_quoted(char delimiter) {
  Quoting state;
  std::size_t fields = 1;
  const bool legal = each_block(row_, ends_.data(),
                                [&](const auto& masks, std::uint64_t valid, std::uint64_t& ends) {
                                  if (!check_block(masks, valid, delimiter, ends, state))
                                    return false;
                                  fields += static_cast<std::size_t>(std::popcount(ends));
                                  return true;
                                });
  fields_ = fields;
  return legal && state.inside == 0;
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
