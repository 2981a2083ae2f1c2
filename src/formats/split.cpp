// SPDX-License-Identifier: BSL-1.0
#include "millrace/formats/split.hpp"

#include <algorithm>
#include <bit>

#include "millrace/formats/block64.hpp"

namespace millrace {
namespace {

using detail::Block64;

// The line breaks of a block, those within quotes taken out.
template <class Masks>
std::uint64_t line_breaks(const Masks& masks, std::uint64_t valid, Splitter::Quotes quoting,
                          std::uint64_t& inside) {
  const std::uint64_t breaks = masks.equal('\n') & valid;
  if (quoting == Splitter::Quotes::none) return breaks;
  const std::uint64_t quotes = masks.equal('"') & valid;
  if ((quotes | inside) == 0) [[likely]]
    return breaks;
  const std::uint64_t within = detail::prefix_xor(quotes) ^ inside;
  inside = 0 - (within >> 63);
  return breaks & ~within;
}

Text without_cr(const char* start, const char* end) {
  if (end != start && end[-1] == '\r') --end;
  return Text(start, static_cast<std::uint32_t>(end - start));
}

}  // namespace

Split Splitter::split(std::string_view bytes, Input input, std::span<Text> out) {
  const char* const base = bytes.data();
  const std::size_t size = bytes.size();
  Split result;
  std::size_t start = dropping_ ? drop(bytes) : 0;
  std::size_t at = start + scanned_;
  std::uint64_t inside = inside_;
  const auto stop_at_start = [&](Split::Stop stop) {
    scanned_ = 0;
    inside_ = 0;
    result.consumed = start;
    result.stop = stop;
    return result;
  };
  for (; at < size; at += 64) {
    const std::size_t left = std::min<std::size_t>(size - at, 64);
    std::uint64_t breaks =
        left == 64 ? line_breaks(Block64::load(base + at), ~std::uint64_t{0}, quotes_, inside)
                   : line_breaks(detail::TailBlock<Block64>(base + at, left, at),
                                 detail::low_bits(left), quotes_, inside);
    for (; breaks != 0; breaks &= breaks - 1) {
      const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(breaks));
      if (result.records == out.size()) [[unlikely]]
        return stop_at_start(Split::Stop::full);
      if (end - start > max_record_) [[unlikely]]
        return stop_at_start(Split::Stop::too_long);
      out[result.records++] = without_cr(base + start, base + end);
      start = end + 1;
    }
  }
  if (size - start > max_record_) return stop_at_start(Split::Stop::too_long);
  scanned_ = size - start;
  inside_ = inside;
  result.consumed = start;
  return input == Input::open ? result : finish(bytes, out, result);
}

Split Splitter::finish(std::string_view bytes, std::span<Text> out, Split result) {
  if (result.consumed != bytes.size()) {
    if (result.records == out.size()) {
      start_over();
      result.stop = Split::Stop::full;
      return result;
    }
    out[result.records++] = Text(bytes.substr(result.consumed));
    result.cut = inside_ != 0 ? Split::Cut::open_quote : Split::Cut::no_newline;
    result.consumed = bytes.size();
  }
  result.stop = Split::Stop::ended;
  start_over();
  return result;
}

std::size_t Splitter::drop(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return bytes.size();
  dropping_ = false;
  return end + 1;
}

}  // namespace millrace
