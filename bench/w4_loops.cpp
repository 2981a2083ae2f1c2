// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>
#include <vector>

#include "lines.hpp"
#include "w4.hpp"

namespace bench::w4 {
namespace {

using lines::hash;
using lines::Lines;
using lines::Totals;

constexpr std::int64_t ten_seconds = 10'000'000;
constexpr std::int64_t two_seconds = 2'000'000;
constexpr std::size_t panes_a_window = 5;

template <class T>
std::int64_t time_of(const T& record) {
  return record.at.time_since_epoch().count();
}
template <class T>
std::int64_t first_end(const millrace::detail::PageArray<T>& all, std::int64_t size) {
  return (time_of(all[0]) / size + 1) * size;
}

using Counts = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// The last five panes' counts, and the most of their sums.
class Hottest {
 public:
  explicit Hottest(bool subtract) : subtract_(subtract) {}

  void add(const Counts& pane, std::int64_t end, Sink& sink) {
    Counts& oldest = panes_[next_];
    next_ = (next_ + 1) % panes_a_window;
    if (subtract_) {
      for (const auto& [key, n] : oldest) sums_.find(hash(key), key).count -= n;
      dead_ += oldest.size();
      if (dead_ > most_dead) forget_dead();
      for (const auto& [key, n] : pane) sums_.find(hash(key), key).count += n;
      oldest = pane;
    } else {
      oldest = pane;
      sums_.take_all([](std::uint32_t, const Totals&) {});
      for (const Counts& each : panes_)
        for (const auto& [key, n] : each) sums_.find(hash(key), key).count += n;
    }
    std::pair<std::uint32_t, std::uint32_t> most{0, 0};
    sums_.each([&](std::uint32_t key, const Totals& t) {
      if (t.count >= most.first) most = std::max(most, std::pair(t.count, key));
    });
    if (most.first) sink.take(static_cast<std::uint64_t>(end), most.second, most.first);
  }

 private:
  static constexpr std::size_t most_keys = 1 << 17;
  static constexpr std::size_t most_dead = 1 << 16;
  /// Keys without a count still take places.
  void forget_dead() {
    Counts left;
    sums_.each([&](std::uint32_t key, const Totals& t) { left.emplace_back(key, t.count); });
    sums_.clear();
    for (const auto& [key, n] : left) sums_.find(hash(key), key).count = n;
    dead_ = 0;
  }

  bool subtract_;
  Lines sums_{most_keys};
  std::array<Counts, panes_a_window> panes_;
  std::size_t next_ = 0;
  std::size_t dead_ = 0;
};

Check q5(const Bids& bids, bool subtract) {
  Sink sink;
  Hottest hottest(subtract);
  Lines pane(1 << 15);
  Counts counts;
  std::int64_t end = first_end(bids, two_seconds);
  const auto fire = [&] {
    counts.clear();
    pane.take_all([&](std::uint32_t key, const Totals& t) { counts.emplace_back(key, t.count); });
    hottest.add(counts, end, sink);
    end += two_seconds;
  };
  for (std::size_t i = 0; i < bids.size(); ++i) {
    const Bid& bid = bids[i];
    while (time_of(bid) >= end) [[unlikely]]
      fire();
    ++pane.find_small(hash(bid.auction), bid.auction).count;
  }
  for (std::size_t i = 0; i < panes_a_window; ++i) fire();
  return sink.check;
}

}  // namespace

Check loop_q1(const Bids& bids) {
  Sink sink;
  std::array<Bid, 256> out;  // in the first cache level with what is read
  for (std::size_t i = 0; i < bids.size();) {
    const std::size_t n = std::min(out.size(), bids.size() - i);
    for (std::size_t j = 0; j < n; ++j, ++i) {
      out[j] = bids[i];
      out[j].price = out[j].price * 89 / 100;
      sink.check.sum += static_cast<std::uint64_t>(out[j].price);
    }
    asm volatile("" : : "r"(out.data()) : "memory");
    sink.check.count += n;
  }
  return sink.check;
}

Check loop_q2(const Bids& bids) {
  Sink sink;
  for (std::size_t i = 0; i < bids.size(); ++i)
    if (bids[i].auction % 123 == 0)
      sink.take(bids[i].auction, static_cast<std::uint64_t>(bids[i].price));
  return sink.check;
}

Check loop_q5_merged(const Bids& bids) { return q5(bids, false); }
Check loop_q5_subtracted(const Bids& bids) { return q5(bids, true); }

Check loop_q7(const Bids& bids) {
  Sink sink;
  std::int64_t end = first_end(bids, ten_seconds);
  const Bid none{0, 0, -1, {}, 0};
  Bid highest = none;
  const auto fire = [&] {
    if (highest.price >= 0)
      sink.take(static_cast<std::uint64_t>(highest.price), highest.auction,
                highest.bidder + static_cast<std::uint64_t>(end));
    highest = none;
    end += ten_seconds;
  };
  for (std::size_t i = 0; i < bids.size(); ++i) {
    while (time_of(bids[i]) >= end) [[unlikely]]
      fire();
    if (bids[i].price > highest.price) [[unlikely]]
      highest = bids[i];
  }
  fire();
  return sink.check;
}

Check loop_q8_two_tables(const Events& events) {
  Sink sink;
  Lines people(1 << 15);
  Lines auctions(1 << 16);
  std::int64_t end = first_end(events, ten_seconds);
  const auto fire = [&] {
    auctions.take_all([&](std::uint32_t seller, const Totals& t) {
      if (people.find(hash(seller), seller).count)
        sink.take(seller, t.count, static_cast<std::uint64_t>(end));
    });
    people.take_all([](std::uint32_t, const Totals&) {});
    end += ten_seconds;
  };
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& e = events[i];
    while (time_of(e) >= end) [[unlikely]]
      fire();
    if (e.is_auction)
      ++auctions.find(hash(e.seller), e.seller).count;
    else
      ++people.find(hash(e.id), e.id).count;
  }
  fire();
  return sink.check;
}

/// A key's auctions are its count, its people the sum.
Check loop_q8_one_table(const Events& events) {
  Sink sink;
  Lines both(1 << 16);
  std::int64_t end = first_end(events, ten_seconds);
  const auto fire = [&] {
    both.take_all([&](std::uint32_t key, const Totals& t) {
      // Counted from one, as a line with a count of none is a free one.
      if (t.sum && t.count > t.sum)
        sink.take(key, t.count - t.sum, static_cast<std::uint64_t>(end));
    });
    end += ten_seconds;
  };
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& e = events[i];
    while (time_of(e) >= end) [[unlikely]]
      fire();
    const std::uint32_t key = e.is_auction ? e.seller : e.id;
    Totals& t = both.find(hash(key), key);
    ++t.count;
    t.sum += 1 - e.is_auction;
  }
  fire();
  return sink.check;
}

}  // namespace bench::w4
