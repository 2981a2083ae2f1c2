// SPDX-License-Identifier: BSL-1.0
// Nexmark's query 5: of the last ten seconds, every two, the auction with the most bids.
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "millrace/core/rng.hpp"
#include "millrace/millrace.hpp"
#include "millrace/testing/bench.hpp"

using namespace millrace;
using namespace std::chrono_literals;

namespace {

struct Bid {
  Timestamp time;
  std::uint32_t auction = 0;
  std::uint32_t bidder = 0;
  std::int64_t price = 0;
};

using Bids = Windowed<std::uint32_t, std::uint64_t>;
/// By the end of its ten seconds: how many bids, and for which auction.
using Hottest = Windowed<Timestamp, std::pair<std::uint64_t, std::uint32_t>>;

Stream<Hottest> hot_items(Stream<Bid> bids) {
  return bids.event_time("time", &Bid::time, watermark::bounded_out_of_orderness(1s))
      .key_by(&Bid::auction)
      .window(sliding(10s, 2s))
      .aggregate("bids", agg::count())
      .key_by([](const Bids& b) { return b.window.end; })
      .window(tumbling(2s))
      .aggregate("hottest", agg::max([](const Bids& b) { return std::pair(b.value, b.key); }));
}

/// As the generator of Nexmark: half of the bids are for a hot auction, the others for one of the
/// last thousand.
std::vector<Bid> some_bids(std::uint64_t seed, std::uint32_t n) {
  SeededRng rng(seed);
  std::vector<Bid> bids;
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t last = 1000 + i * 3 / 46;
    const std::uint32_t auction =
        rng.below(2) == 0 ? last / 100 * 100 : last - static_cast<std::uint32_t>(rng.below(1000));
    const Timestamp time = Timestamp(1'700'000'000s) + i * 1ms - Duration(rng.below(900'000));
    bids.push_back({time, auction, static_cast<std::uint32_t>(rng.below(1000)),
                    static_cast<std::int64_t>(100 + rng.below(1'000'000))});
  }
  return bids;
}

using Answer = std::map<Timestamp, std::pair<std::uint64_t, std::uint32_t>>;

Answer plain_program(const std::vector<Bid>& bids) {
  std::map<Timestamp, std::map<std::uint32_t, std::uint64_t>> counts;
  for (const Bid& bid : bids)
    for (Timestamp end = std::chrono::floor<std::chrono::seconds>(bid.time) + 1s;
         end <= bid.time + 10s; end += 1s)
      if (end.time_since_epoch() % 2s == 0s) ++counts[end][bid.auction];
  Answer hottest;
  for (const auto& [end, auctions] : counts)
    for (const auto& [auction, n] : auctions)
      hottest[end] = std::max(hottest[end], std::pair(n, auction));
  return hottest;
}

}  // namespace

TEST_CASE("the hottest auction of sliding windows is the one that a plain program finds") {
  const std::uint64_t seed = 5;
  INFO("seed " << seed);
  const auto bids = some_bids(seed, 60'000);
  const Answer expected = plain_program(bids);
  CHECK(expected.size() >= 34);
  for (const std::uint32_t parallelism : {1u, 3u}) {
    INFO("parallelism " << parallelism);
    testing::Bench<Bid, Hottest> bench{hot_items, {.parallelism = parallelism}};
    Answer found;
    const auto take = [&] {
      for (const Hottest& h : bench.take()) {
        CHECK(found.emplace(h.key, h.value).second);
        CHECK(h.window.end == h.key);
        CHECK(h.fire == 1);
      }
    };
    for (std::size_t i = 0; i < bids.size(); ++i) {
      bench.push(bids[i], bids[i].time);
      if (i == 20'000) {
        take();
        bench.checkpoint();
      }
      if (i == 30'000) {
        bench.crash();
        bench.restore({.parallelism = parallelism + 1});
      }
    }
    bench.end();
    take();
    CHECK((found == expected));
  }
}
