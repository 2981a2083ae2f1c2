// SPDX-License-Identifier: BSL-1.0
#include "array_source.hpp"
#include "millrace/stream/window_join.hpp"
#include "replay.hpp"
#include "w4.hpp"

namespace bench::w4 {
namespace {

using namespace millrace;
using namespace std::chrono_literals;
using millrace::detail::PageArray;

std::uint64_t micros(Timestamp t) {
  return static_cast<std::uint64_t>(t.time_since_epoch().count());
}

/// A sink that calls `take(sink, record)` with each record.
template <class T, class F>
struct Each {
  Sink* sink;
  F take;
  void write(const Batch<T>& batch, Context&) {
    for (std::uint32_t i = 0; i < batch.size(); ++i) take(*sink, batch[i]);
  }
};
template <class T, class F>
void to(Stream<T> stream, Sink& sink, F take) {
  stream.to("sum", Each<T, F>{&sink, take});
}

/// `build` gets the stream, its records' times and the sink.
template <class T, class Build>
Check run(const PageArray<T>& in, Replay* replay, Build build) {
  Sink sink;
  Topology t("nexmark");
  PipelineOptions options;
  if (replay) {
    options = replay->options;
    const auto at = [replay](const T& record) { return record.at + replay->later; };
    build(t.source("events", Replayed([&in] { return ArraySource(in); }, *replay)), at, sink);
  } else {
    build(t.source("events", ArraySource(in)), &T::at, sink);
  }
  options.flow_budget = 512_KiB;
  Pipeline(std::move(t), options).run();
  return sink.check;
}

const auto in_order = watermark::bounded_out_of_orderness(0s);

}  // namespace

Check library_q1(const Bids& bids, Replay* replay) {
  return run(bids, replay, [](Stream<Bid> in, auto, Sink& sink) {
    to(in.map("euros",
              [](const Bid& bid) {
                Bid euros = bid;
                euros.price = bid.price * 89 / 100;
                return euros;
              }),
       sink, [](Sink& s, const Bid& bid) {
         ++s.check.count;
         s.check.sum += static_cast<std::uint64_t>(bid.price);
       });
  });
}

Check library_q2(const Bids& bids, Replay* replay) {
  struct Price {
    std::uint32_t auction;
    std::int64_t price;
  };
  return run(bids, replay, [](Stream<Bid> in, auto, Sink& sink) {
    to(in.filter("some auctions", [](const Bid& bid) { return bid.auction % 123 == 0; })
           .map("price",
                [](const Bid& bid) {
                  return Price{bid.auction, bid.price};
                }),
       sink,
       [](Sink& s, const Price& p) { s.take(p.auction, static_cast<std::uint64_t>(p.price)); });
  });
}

Check library_q5(const Bids& bids, Replay* replay) {
  using Counted = Windowed<std::uint32_t, std::uint64_t>;
  return run(bids, replay, [](Stream<Bid> in, auto at, Sink& sink) {
    auto hottest =
        in.event_time("at", at, in_order)
            .key_by(&Bid::auction)
            .window(sliding(10s, 2s))
            .unordered()
            .aggregate("bids", agg::count())
            .key_by([](const Counted& c) { return c.window.end; })
            .window(tumbling(2s))
            .aggregate("hottest",
                       agg::max([](const Counted& c) { return std::pair(c.value, c.key); }));
    to(hottest, sink,
       [](Sink& s, const auto& w) { s.take(micros(w.key), w.value.second, w.value.first); });
  });
}

namespace {

/// The bid with the highest price; the first of several.
struct Highest {
  struct State {
    static constexpr std::string_view schema_name = "highest";
    std::int64_t price = -1;
    std::uint32_t auction = 0;
    std::uint32_t bidder = 0;
  };
  void add(State& s, const Bid& bid) const {
    if (bid.price > s.price) [[unlikely]]
      s = {bid.price, bid.auction, bid.bidder};
  }
  State result(const State& s) const { return s; }
};

/// Of one person: has he come, and how many auctions has he opened?
struct Activity {
  struct State {
    static constexpr std::string_view schema_name = "activity";
    std::uint32_t people = 0;
    std::uint32_t auctions = 0;
  };
  void add(State& s, const Event& e) const {
    s.people += 1 - e.is_auction;
    s.auctions += e.is_auction;
  }
  State result(const State& s) const { return s; }
};

}  // namespace

Check library_q7(const Bids& bids, Replay* replay) {
  return run(bids, replay, [](Stream<Bid> in, auto at, Sink& sink) {
    auto highest = in.event_time("at", at, in_order)
                       .key_by([](const Bid&) { return 1u; })
                       .window(tumbling(10s))
                       .aggregate("highest", Highest{});
    to(highest, sink, [](Sink& s, const auto& w) {
      s.take(static_cast<std::uint64_t>(w.value.price), w.value.auction,
             w.value.bidder + micros(w.window.end));
    });
  });
}

Check library_q8_join(const Events& events) {
  return run(events, nullptr, [](Stream<Event> in, auto at, Sink& sink) {
    const auto timed = in.event_time("at", at, in_order);
    auto sellers =
        timed.filter("people", [](const Event& e) { return !e.is_auction; })
            .key_by(&Event::id)
            .join(timed.filter("auctions", [](const Event& e) { return e.is_auction != 0; })
                      .key_by(&Event::seller))
            .window(tumbling(10s))
            .unordered()
            .template cogroup<std::uint64_t>("new sellers", [](std::uint32_t, const auto& people,
                                                               const auto& auctions, auto& out) {
              if (!people.empty() && !auctions.empty()) out.emit(auctions.size());
            });
    to(sellers, sink, [](Sink& s, const auto& w) { s.take(w.key, w.value, micros(w.window.end)); });
  });
}

Check library_q8_counted(const Events& events, Replay* replay) {
  return run(events, replay, [](Stream<Event> in, auto at, Sink& sink) {
    auto sellers = in.event_time("at", at, in_order)
                       .key_by([](const Event& e) { return e.is_auction ? e.seller : e.id; })
                       .window(tumbling(10s))
                       .unordered()
                       .aggregate("activity", Activity{})
                       .filter("new sellers", [](const auto& w) {
                         return (w.value.people != 0) & (w.value.auctions != 0);
                       });
    to(sellers, sink,
       [](Sink& s, const auto& w) { s.take(w.key, w.value.auctions, micros(w.window.end)); });
  });
}

}  // namespace bench::w4
