// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "millrace/core/rng.hpp"
#include "w4.hpp"

namespace bench::w4 {
namespace {

constexpr std::int64_t start_ms = 1'700'000'000'000;

millrace::Timestamp at_ms(std::size_t ms) {
  return millrace::Timestamp(std::chrono::milliseconds(start_ms + static_cast<std::int64_t>(ms)));
}

}  // namespace

Bids generate_bids(std::size_t n) {
  Bids bids(n);
  millrace::SeededRng rng(5);
  const auto below = [&](std::uint64_t limit) {
    return static_cast<std::uint32_t>(rng.below(limit));
  };
  for (std::size_t i = 0; i < n; ++i) {
    const auto last = static_cast<std::uint32_t>(1000 + i * 3 / 46);
    const std::uint32_t auction = below(2) ? last / 100 * 100 : last - below(1000);
    bids[i] = {auction, below(100'000), 100 + below(1'000'000), at_ms(i / 92), rng.next()};
  }
  return bids;
}

Events generate_events(std::size_t n) {
  Events events(n);
  millrace::SeededRng rng(8);
  for (std::size_t i = 0; i < n; ++i) {
    const auto person = static_cast<std::uint32_t>(1 + i / 4);
    const auto back = static_cast<std::uint32_t>(rng.below(std::min(person, 5000u)));
    const bool is_auction = i % 4 != 0;
    events[i] = {is_auction ? static_cast<std::uint32_t>(i) : person,
                 is_auction ? person - back : 0, at_ms(i / 8), is_auction, 0};
  }
  return events;
}

}  // namespace bench::w4
