// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "millrace/formats/json.hpp"
#include "millrace/log/log.hpp"
#include "millrace/log/reader.hpp"
#include "millrace/log/transactional_sink.hpp"
#include "millrace/millrace.hpp"
#include "millrace/sim/check.hpp"
#include "millrace/stream/window_join.hpp"

/// Pipelines that sim::check() is tried on.
namespace sim_jobs {

using namespace millrace;
using namespace std::chrono_literals;

struct Bid {
  std::int64_t id = 0;
  std::int32_t item = 0;
  Timestamp time{};
  bool operator==(const Bid&) const = default;
};
constexpr auto describe(type<Bid>) {
  return fields("id", &Bid::id, "item", &Bid::item, "time", &Bid::time);
}
using Sum = Windowed<std::int32_t, std::int64_t>;

inline std::string item_of(const Bid& bid) { return std::to_string(bid.item); }

/// n bids, ten milliseconds apart, on 40 items.
inline std::vector<Bid> make_bids(int n) {
  std::vector<Bid> all;
  for (int i = 0; i < n; ++i)
    all.push_back({i, i * 7 % 40, Timestamp(std::chrono::seconds(1'600'000'000)) + i * 10ms});
  return all;
}
/// As many as a seed shall have.
inline const std::vector<Bid>& bids() {
  static const std::vector<Bid> all = make_bids(2000);
  return all;
}

inline Stream<Bid> source(Topology& t, sim::World& w) {
  return w.source<Bid>(t, "in", bids(), {.key = item_of, .time = &Bid::time, .disorder = 300ms});
}
inline std::string id_of(const Bid& bid) { return std::to_string(bid.id); }
inline sim::OutputOptions<Bid> in_order() { return {.id = id_of, .key = item_of}; }

/// Every bid as it is: once, in order per item.
inline void copy(Topology& t, sim::World& w) {
  source(t, w).to("out", w.sink<Bid>("out", in_order()));
}

/// Sums per item in windows of a second. A partition that is empty at first holds nothing back, so
/// its records may come behind those of the others: windows fire again, and nothing is late.
inline Stream<Sum> sums(Stream<Bid> in) {
  return in.event_time("time", &Bid::time, watermark::bounded_out_of_orderness(300ms))
      .key_by(&Bid::item)
      .window(tumbling(1s))
      .allowed_lateness(1min)
      .aggregate("sums", agg::sum(&Bid::id));
}
inline std::string window_of(const Sum& sum) {
  return std::to_string(sum.key) + '@' +
         std::to_string(sum.window.start.time_since_epoch().count());
}
inline std::string value_of(const Sum& sum) { return std::to_string(sum.value); }
inline std::string firing_of(const Sum& sum) {
  return window_of(sum) + '#' + std::to_string(sum.fire);
}
inline sim::OutputOptions<Sum> corrected() {
  return {.id = firing_of, .slot = window_of, .value = value_of};
}

inline void windows(Topology& t, sim::World& w) {
  auto in = source(t, w);
  in.to("all", w.sink<Bid>("all", {.exactly_once = false, .id = id_of}));
  sums(in).to("out", w.sink<Sum>("out", corrected()));
}

/// The same in windows of two seconds and a half that begin every second.
inline void sliding_windows(Topology& t, sim::World& w) {
  source(t, w)
      .event_time("time", &Bid::time, watermark::bounded_out_of_orderness(300ms))
      .key_by(&Bid::item)
      .window(sliding(2500ms, 1s))
      .allowed_lateness(1min)
      .aggregate("sums", agg::sum(&Bid::id))
      .to("out", w.sink<Sum>("out", corrected()));
}

/// Counts per item in windows of a second, with less lateness allowed than there is: which records
/// are late depends on timing, but each one is in its window's last count or is late.
inline std::string count_of(const Windowed<std::int32_t, std::uint64_t>& count) {
  return std::to_string(count.key) + '@' +
         std::to_string(count.window.start.time_since_epoch().count()) + '#' +
         std::to_string(count.fire) + '=' + std::to_string(count.value);
}
inline std::string nothing_lost(const sim::World& w) {
  std::map<std::string, std::uint64_t> left;  // of each window
  const auto window = [](const Bid& bid) {
    const auto start = std::chrono::floor<std::chrono::seconds>(bid.time);
    return item_of(bid) + '@' + std::to_string(Timestamp(start).time_since_epoch().count());
  };
  for (const Bid& bid : bids()) ++left[window(bid)];
  for (const std::string& late : w.visible("late")) --left[window(bids()[std::stoul(late)])];
  std::map<std::string, std::string> last;
  for (const std::string& count : w.visible("counts"))
    last[count.substr(0, count.find('#'))] = count.substr(count.find('=') + 1);
  for (const auto& [name, count] : last) left[name] -= std::stoul(count);
  for (const auto& [name, n] : left)
    if (n != 0) return name + ": of its records " + std::to_string(n) + " are nowhere";
  return "";
}
inline void late(Topology& t, sim::World& w) {
  auto [counts, late] =
      source(t, w)
          .event_time("time", &Bid::time, watermark::bounded_out_of_orderness(20ms))
          .key_by(&Bid::item)
          .window(tumbling(1s))
          .allowed_lateness(100ms)
          .aggregate_with_late("per-window", agg::count());
  using Count = Windowed<std::int32_t, std::uint64_t>;
  counts.to("counts", w.sink<Count>("counts", {.compared = false, .id = count_of}));
  late.to("late", w.sink<Bid>("late", {.compared = false, .id = id_of}));
  w.require("each record is counted or late", nothing_lost);
}

/// Bids and asks of an item in a second: all pairs, and all of each side at once. Both fire again
/// as sums() does.
inline const std::vector<Bid>& asks() {
  static const std::vector<Bid> all = [] {
    std::vector<Bid> some = make_bids(500);
    for (Bid& ask : some) {
      ask.time += 3 * (ask.time - some.front().time);
      ask.id += 10'000;
    }
    return some;
  }();
  return all;
}
using Matched = Windowed<std::int32_t, std::string>;
inline std::string match_of(const Matched& m) {
  return std::to_string(m.key) + '@' + std::to_string(m.window.start.time_since_epoch().count()) +
         '=' + m.value;
}
inline std::string group_of(const Matched& m) {
  return std::to_string(m.key) + '@' + std::to_string(m.window.start.time_since_epoch().count());
}
inline std::string again(const std::string& id, const Matched& m) {
  return id + '#' + std::to_string(m.fire);
}
/// Which ids of a side there are, however they came.
inline std::string ids_of(const Group<Bid>& bids) {
  std::int64_t sum = 0;
  std::int64_t squares = 0;
  for (const Bid& bid : bids) {
    sum += bid.id;
    squares += bid.id * bid.id;
  }
  return std::to_string(bids.size()) + ',' + std::to_string(sum) + ',' + std::to_string(squares);
}
inline void joins(Topology& t, sim::World& w) {
  const auto by_item = [](Stream<Bid> in, Name name) {
    return in.event_time(std::move(name), &Bid::time, watermark::bounded_out_of_orderness(300ms))
        .key_by(&Bid::item);
  };
  // Longer than others: with two sources, and outputs to commit, checkpoints take their time.
  const sim::ScriptOptions<Bid> how{
      .key = item_of, .time = &Bid::time, .disorder = 300ms, .span = 2s};
  const auto bids_by_item = by_item(w.source<Bid>(t, "bids", bids(), how), "bid-time");
  const auto asks_by_item = by_item(w.source<Bid>(t, "asks", asks(), how), "ask-time");
  const auto in_a_second = [&] {
    return bids_by_item.join(asks_by_item).window(tumbling(1s)).allowed_lateness(1min);
  };
  in_a_second()
      .inner("pairs",
             [](const Bid& bid, const Bid& ask) {
               return std::to_string(bid.id) + '+' + std::to_string(ask.id);
             })
      .to("pairs out",
          w.sink<Matched>("pairs", {.id = [](const Matched& m) { return again(match_of(m), m); },
                                    .slot = match_of,
                                    .value = match_of}));
  in_a_second()
      .cogroup<std::string>("groups",
                            [](std::int32_t, const Group<Bid>& bids, const Group<Bid>& asks,
                               auto& out) { out.emit(ids_of(bids) + '|' + ids_of(asks)); })
      .to("groups out",
          w.sink<Matched>("groups", {.id = [](const Matched& m) { return again(group_of(m), m); },
                                     .slot = group_of,
                                     .value = match_of}));
}

/// What a reader of the stream finds, shard by shard.
inline std::vector<std::string> read_log(Env& env, const std::string& directory,
                                         std::uint32_t shards) {
  std::vector<std::string> found;
  ArenaPool arenas;
  // As a consumer begins: after a power loss this recovers what is published.
  if (const auto log = log::Log::open(env, directory); !log) {
    if (log.error().code() == Errc::not_found) return found;
    throw Failure(log.error());
  }
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    log::ShardReader reader(env, directory, shard, {}, log::Stop::end_as_found());
    ReadStatus status = ReadStatus::more;
    while (status != ReadStatus::end) {
      Batch<Message> batch;
      status = reader.read(batch, arenas).value();
      for (std::uint32_t i = 0; i < batch.size(); ++i) found.push_back(batch[i].data.str());
    }
  }
  return found;
}

/// Every bid into a stream on the simulated disk.
inline void to_log(Topology& t, sim::World& w) {
  const log::TransactionalOptions options{
      .log = {.shards = 2,
              .segment_size = ByteSize{16u << 10},
              .durability = w.seed() % 2 == 0 ? log::Durability::fsync : log::Durability::interval,
              .reserve = ByteSize{512}}};
  source(t, w)
      .encode("line", json::lines(), item_of)
      .to("log", log::TransactionalSink("out", options));
  w.output("out", [](Env& env) { return read_log(env, "out", 2); });
}

}  // namespace sim_jobs
