// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>

#include "millrace/formats/block64.hpp"
#include "millrace/formats/split.hpp"

namespace millrace {

/// The size of the record between these without the carriage return of its line break.
inline std::uint32_t record_size(const char* start, const char* line_feed) {
  const bool returns = line_feed != start && line_feed[-1] == '\r';
  return static_cast<std::uint32_t>(line_feed - start) - returns;
}

constexpr std::size_t blocks_of_stretch = 64;
constexpr std::size_t stretch_bytes = blocks_of_stretch * 64;

// `Out` says where records end and takes them, one stretch of up to 64 blocks after another:
//
//     std::size_t count() const;                // how many it took
//     std::size_t room() const;                 // how many more it can take
//     void begin_stretch(at);                   // where it lies
//     std::uint64_t look(masks, valid, block);  // bytes of a block that may end a record, or say
//                                               // that others do not
//     bool busy() const;                        // blocks without such bytes are of interest, too
//     std::uint64_t ends(masks, valid, block, found);  // of one of interest: where records end
//     unsigned take(ends, count, start, longest);  // the records that end there in the stretch, as
//                                                  // many as have room until one is too long
//     void end_stretch(start);                  // of the record that goes on in the next one
//     void add_last(start, size);               // the input's last one, without a line break
//     std::uint64_t inside() const;             // all ones within quotes
//
// In which blocks records end no processor can foresee. So a stretch is looked at without a branch
// on it and with few masks, then its blocks of interest are looked at again, and then its records
// are taken: three small loops, each of which fits in the registers.

// The first two: where records end in the stretch that begins at `at`, of `blocks` whole ones and,
// when they are fewer than it could have, what is left of the input; moves `at` to its end.
// `before`: how many bytes may be read in front of it.
template <class Out>
[[gnu::always_inline]] inline unsigned find_ends(const char*& at, const char* end, unsigned blocks,
                                                 std::size_t before, Out& out,
                                                 std::uint16_t* ends) {
  using detail::Block64;
  constexpr std::uint64_t all = ~std::uint64_t{0};
  const char* const stretch = at;
  std::uint64_t found[blocks_of_stretch];
  std::uint64_t interest = 0;  // a bit for each block
  for (unsigned block = 0; block != blocks; ++block, at += 64) {
    found[block] = out.look(Block64::load(at), all, block);
    interest |= static_cast<std::uint64_t>(found[block] != 0) << block;
  }
  const std::size_t left =
      blocks != blocks_of_stretch && end - at < 64 ? static_cast<std::size_t>(end - at) : 0;
  const auto tail = [&] {
    return detail::TailBlock<Block64>(stretch + 64 * blocks, left, before + 64 * blocks);
  };
  if (left != 0) {
    found[blocks] = out.look(tail(), detail::low_bits(left), blocks);
    interest |= static_cast<std::uint64_t>(found[blocks] != 0) << blocks;
    at += left;
  }
  const std::uint64_t looked_at = detail::low_bits(blocks + (left != 0));
  if (out.busy()) interest |= 1;
  unsigned count = 0;
  while (interest != 0) {
    const auto block = static_cast<unsigned>(std::countr_zero(interest));
    std::uint64_t in_block =
        block < blocks ? out.ends(Block64::load(stretch + 64 * block), all, block, found[block])
                       : out.ends(tail(), detail::low_bits(left), block, found[block]);
    interest &= interest - 1;
    if (out.busy()) interest |= std::uint64_t{2} << block & looked_at;
    for (; in_block != 0; in_block &= in_block - 1)
      ends[count++] = static_cast<std::uint16_t>(64 * block +
                                                 static_cast<unsigned>(std::countr_zero(in_block)));
  }
  return count;
}

template <class Out>
Split Splitter::run(std::string_view bytes, Input input, Out out) {
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
  std::uint16_t ends[stretch_bytes];
  while (at != end) {
    out.begin_stretch(at);
    // The next stretch lies in the next page, and the hardware looks ahead in this one only.
    __builtin_prefetch(
        reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(at) + stretch_bytes));
    // What lies behind the last record that has room would be looked at for nothing.
    const std::size_t record =
        out.count() != 0 ? static_cast<std::size_t>(start - begin) / out.count() : 64;
    const auto blocks =
        static_cast<unsigned>(std::min({blocks_of_stretch, 1 + out.room() * record / 64,
                                        static_cast<std::size_t>(end - at) / 64}));
    const unsigned count =
        find_ends(at, end, blocks, static_cast<std::size_t>(at - begin), out, ends);
    if (out.take(ends, count, start, longest) != count)
      return stop(out.room() == 0 ? Split::Stop::full : Split::Stop::too_long);
    out.end_stretch(start);
  }
  const auto rest = static_cast<std::size_t>(end - start);
  if (rest > longest) return stop(Split::Stop::too_long);
  scanned_ = rest;
  inside_ = out.inside();
  if (input == Input::open) return result(Split::Stop::need_more);
  Split::Cut cut = Split::Cut::none;
  if (rest != 0) {
    if (out.room() == 0) return stop(Split::Stop::full);
    out.add_last(start, static_cast<std::uint32_t>(rest));
    cut = inside_ != 0 ? Split::Cut::open_quote : Split::Cut::no_newline;
    start = end;
  }
  start_over();
  return result(Split::Stop::ended, cut);
}

}  // namespace millrace
