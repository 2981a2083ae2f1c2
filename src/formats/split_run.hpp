// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstdint>

#include "millrace/formats/block64.hpp"
#include "millrace/formats/split.hpp"

namespace millrace {

// `Out` says where records end and takes them:
//
//     bool full() const;
//     std::uint64_t ends(masks, valid, behind);     // the line breaks that end records; `behind`
//     is
//                                                   // true when a line feed follows the block
//     void add(Text record, std::uint64_t before);  // one of them; the bits before its end
//     void end_block();                             // no more of them
//     void add_last(Text record);                   // the input's last one, without a line break
//     std::uint64_t inside() const;                 // all ones within quotes
template <class Out>
Split Splitter::run(std::string_view bytes, Input input, Out out) {
  constexpr std::size_t ahead = 8192;  // what memory delivers while a batch is being decoded
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const std::size_t longest = max_record_;
  const char* start = begin + (dropping_ ? drop(bytes) : 0);
  const char* at = start + scanned_;
  Split result;
  const auto stop = [&](Split::Stop why) {
    scanned_ = 0;
    inside_ = 0;
    result.consumed = static_cast<std::size_t>(start - begin);
    result.stop = why;
    result.records = out.count();
    return result;
  };
  // Takes the records that end at `ends` in the block; false when it had to stop before one.
  const auto take = [&](std::uint64_t ends) __attribute__((always_inline)) {
    for (; ends != 0; ends &= ends - 1) {
      const char* const record_end = at + std::countr_zero(ends);
      const auto size = static_cast<std::size_t>(record_end - start);
      if (out.full() | (size > longest)) [[unlikely]]
        return false;
      const bool returns = size != 0 && record_end[-1] == '\r';
      out.add(Text(start, static_cast<std::uint32_t>(size - returns)), (ends & (0 - ends)) - 1);
      start = record_end + 1;
    }
    out.end_block();
    return true;
  };
  bool whole = true;
  for (; end - at >= 64; at += 64) {
    __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(at) + ahead));
    const auto behind = [&] { return end - at > 64 && at[64] == '\n'; };
    whole = take(out.ends(detail::Block64::load(at), ~std::uint64_t{0}, behind));
    if (!whole) [[unlikely]]
      break;
  }
  if (whole && at != end) {
    const auto left = static_cast<std::size_t>(end - at);
    const detail::TailBlock<detail::Block64> tail(at, left, static_cast<std::size_t>(at - begin));
    whole = take(out.ends(tail, detail::low_bits(left), [] { return false; }));
  }
  if (!whole) return stop(out.full() ? Split::Stop::full : Split::Stop::too_long);
  const auto rest = static_cast<std::size_t>(end - start);
  if (rest > longest) return stop(Split::Stop::too_long);
  result.consumed = bytes.size() - rest;
  scanned_ = rest;
  inside_ = out.inside();
  if (input == Input::open) {
    result.records = out.count();
    return result;
  }
  if (rest != 0) {
    if (out.full()) return stop(Split::Stop::full);
    out.add_last(Text(start, static_cast<std::uint32_t>(rest)));
    result.cut = inside_ != 0 ? Split::Cut::open_quote : Split::Cut::no_newline;
    result.consumed = bytes.size();
  }
  result.stop = Split::Stop::ended;
  result.records = out.count();
  start_over();
  return result;
}

}  // namespace millrace
