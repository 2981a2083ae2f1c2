// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstdint>

#include "millrace/formats/block64.hpp"
#include "millrace/formats/split.hpp"

namespace millrace {

// `Out` says where records end and takes them:
//
//     std::size_t count() const;                    // how many it took
//     bool full() const;
//     std::uint64_t ends(masks, valid, at);         // the line breaks that end records; `at` is
//                                                   // where the block lies
//     void add(start, size, before);                // a record; the bits before its end
//     void end_block();                             // no more of them
//     void add_last(start, size);                   // the input's last one, without a line break
//     std::uint64_t inside() const;                 // all ones within quotes
template <class Out>
Split Splitter::run(std::string_view bytes, Input input, Out out) {
  constexpr std::size_t ahead = 8192;  // what memory delivers while a batch is being decoded
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const std::size_t longest = max_record_;
  const char* start = begin + (dropping_ ? drop(bytes) : 0);
  const char* at = start + scanned_;
  const auto result = [&](Split::Stop why, Split::Cut cut = Split::Cut::none) -> Split {
    return {out.count(), static_cast<std::size_t>(start - begin), why, cut};
  };
  const auto stop = [&](Split::Stop why) {
    start_over();
    return result(why);
  };
  // Takes the records that end at `ends` in the block; false when it had to stop before one.
  const auto take = [&](std::uint64_t ends) __attribute__((always_inline)) {
    do {
      const char* const record_end = at + std::countr_zero(ends);
      const auto size = static_cast<std::size_t>(record_end - start);
      if (out.full() | (size > longest)) [[unlikely]]
        return false;
      const bool returns = size != 0 && record_end[-1] == '\r';
      out.add(start, static_cast<std::uint32_t>(size - returns), (ends & (0 - ends)) - 1);
      start = record_end + 1;
    } while ((ends &= ends - 1) != 0);
    return true;
  };
  bool whole = true;
  for (const char* const last = end - (end - at) % 64; at != last; at += 64) {
    __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(at) + ahead));
    const std::uint64_t ends = out.ends(detail::Block64::load(at), ~std::uint64_t{0}, at);
    // Unlikely in what it does to registers: most records are longer than a block.
    if (ends != 0) [[unlikely]]
      if (whole = take(ends); !whole) break;
    out.end_block();
  }
  if (whole && at != end) {
    const auto left = static_cast<std::size_t>(end - at);
    const detail::TailBlock<detail::Block64> tail(at, left, static_cast<std::size_t>(at - begin));
    const std::uint64_t ends = out.ends(tail, detail::low_bits(left), at);
    if (ends != 0) whole = take(ends);
  }
  if (!whole) return stop(out.full() ? Split::Stop::full : Split::Stop::too_long);
  const auto rest = static_cast<std::size_t>(end - start);
  if (rest > longest) return stop(Split::Stop::too_long);
  scanned_ = rest;
  inside_ = out.inside();
  if (input == Input::open) return result(Split::Stop::need_more);
  Split::Cut cut = Split::Cut::none;
  if (rest != 0) {
    if (out.full()) return stop(Split::Stop::full);
    out.add_last(start, static_cast<std::uint32_t>(rest));
    cut = inside_ != 0 ? Split::Cut::open_quote : Split::Cut::no_newline;
    start = end;
  }
  start_over();
  return result(Split::Stop::ended, cut);
}

}  // namespace millrace
