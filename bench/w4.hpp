// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include "harness.hpp"
#include "millrace/core/time.hpp"
#include "millrace/state/pages.hpp"

/// Queries of Nexmark, the benchmark of an auction site, on records in memory, in order.
namespace bench::w4 {

struct Bid {
  std::uint32_t auction;
  std::uint32_t bidder;
  std::int64_t price;
  millrace::Timestamp at;
  std::uint64_t extra;
};
/// A new person, or an auction that a person has opened.
struct Event {
  std::uint32_t id;
  std::uint32_t seller;
  millrace::Timestamp at;
  std::uint32_t is_auction;
  std::uint32_t extra;
};
using Bids = millrace::detail::PageArray<Bid>;
using Events = millrace::detail::PageArray<Event>;

/// 92,000 bids a second of event time; half of them for a hot auction, the others for one of the
/// last thousand.
Bids generate_bids(std::size_t n);
/// A person and three auctions, of one of the last 5,000 people, and so on: 8,000 a second.
Events generate_events(std::size_t n);

/// Adds up results in a way that needs every part of each.
struct Sink {
  Check check;
  [[gnu::always_inline]] void take(std::uint64_t a, std::uint64_t b, std::uint64_t c = 0) {
    ++check.count;
    check.sum += (a * 0x9E3779B97F4A7C15ull ^ b * 0xD1B54A32D192ED03ull) + c * 31;
  }
};

/// Q1: each price in another currency. Q2: the bids for some auctions. Q5: every two seconds, of
/// the last ten, the auction with the most bids. Q7: the highest bid of each ten seconds. Q8: who
/// has come and opened auctions within the same ten seconds, and how many.
Check loop_q1(const Bids& bids);
Check loop_q2(const Bids& bids);
Check loop_q5_merged(const Bids& bids);
Check loop_q5_subtracted(const Bids& bids);
Check loop_q7(const Bids& bids);
Check loop_q8_two_tables(const Events& events);
Check loop_q8_one_table(const Events& events);

Check library_q1(const Bids& bids, Replay* replay = nullptr);
Check library_q2(const Bids& bids, Replay* replay = nullptr);
Check library_q5(const Bids& bids, Replay* replay = nullptr);
Check library_q7(const Bids& bids, Replay* replay = nullptr);
Check library_q8_join(const Events& events);
Check library_q8_counted(const Events& events, Replay* replay = nullptr);

}  // namespace bench::w4
