// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include "millrace/formats/block64.hpp"

namespace millrace::csv {

// What one block hands to the next.
struct Quoting {
  std::uint64_t inside = 0;         // all ones while within quotes
  std::uint64_t may_open = 1;       // 1 when the block's first byte begins a field
  std::uint64_t after_closing = 0;  // 1 when the byte before closed a quote
};

// Takes what stands within quotes out of `ends`, the ends of fields, and gives the places where a
// quote stands that may not or something else follows a closing quote. A doubled quote closes and
// opens again at once, so that it needs no case of its own. `inside` is for this block, from
// inside_quotes().
inline std::uint64_t check_quotes(std::uint64_t quotes, std::uint64_t inside, std::uint64_t valid,
                                  std::uint64_t& ends, Quoting& state) {
  const std::uint64_t opening = quotes & inside;
  const std::uint64_t closing = quotes & ~inside;
  ends &= ~inside;
  const std::uint64_t may_open = (ends | closing) << 1 | state.may_open;
  const std::uint64_t behind_closing = (closing << 1 | state.after_closing) & valid;
  state.may_open = (ends | closing) >> 63;
  state.after_closing = closing >> 63;
  state.inside = 0 - (inside >> 63);
  return (opening & ~may_open) | (behind_closing & ~(ends | opening));
}

// The bytes within quotes, an opening one included, a closing one not.
inline std::uint64_t inside_quotes(std::uint64_t quotes, const Quoting& state) {
  return detail::prefix_xor(quotes) ^ state.inside;
}

}  // namespace millrace::csv
