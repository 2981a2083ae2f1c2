// SPDX-License-Identifier: BSL-1.0
// Windows of every kind of key and state, and the files that keep what each saved in a format.
#pragma once
#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/core/describe.hpp"
#include "millrace/operators/aggregate.hpp"
#include "millrace/operators/tumbling_window.hpp"
#include "rig.hpp"

namespace fixtures {

using namespace rig;

/// With three bytes of padding inside.
struct Spot {
  std::uint8_t kind = 0;
  std::int32_t number = 0;
  bool operator==(const Spot&) const = default;
};
constexpr auto describe(type<Spot>) { return fields("kind", &Spot::kind, "number", &Spot::number); }

struct Place {
  std::string city;
  std::int32_t number = 0;
  friend auto members(Place& p) { return std::tie(p.city, p.number); }
  bool operator==(const Place&) const = default;
};

enum class Color : std::int8_t { red = -1, green = 0, blue = 1 };

struct Visit {
  Timestamp time;
  std::int32_t number = 0;
  std::string name;
  Spot spot() const { return {static_cast<std::uint8_t>(number % 3), -number}; }
  Place place() const { return {name, number % 4}; }
  Color color() const { return static_cast<Color>(number % 3 - 1); }
  Timestamp hour() const { return Timestamp(std::chrono::hours(number % 5)); }
};

/// An aggregator of a user's, with a described state that has padding at its end.
struct Tally {
  struct State {
    std::int64_t total = 0;
    std::int32_t last = 0;
  };
  void add(State& s, const Visit& v) const {
    s.total += v.number;
    s.last = std::max(s.last, v.number);
  }
  std::pair<std::int64_t, std::int32_t> result(const State& s) const { return {s.total, s.last}; }
};
constexpr auto describe(type<Tally::State>) {
  return fields("total", &Tally::State::total, "last", &Tally::State::last);
}

/// Calls `f(name, key, aggregation)` for each kind of window.
template <class F>
void for_each_window(F&& f) {
  f("word_totals", &Visit::number, agg::all(agg::count(), agg::sum(&Visit::number)));
  f("described_tally", &Visit::spot, Tally());
  f("members_greatest", &Visit::place, agg::all(agg::count(), agg::max(&Visit::name)));
  f("text_mean", &Visit::name, agg::mean(&Visit::number));
  f("enum_least", &Visit::color, agg::min(&Visit::number));
  f("time_least_name", &Visit::hour, agg::min(&Visit::name));
}

/// The same of those whose aggregation merges.
template <class F>
void for_each_sliding_window(F&& f) {
  for_each_window([&](const char* name, auto key, auto aggregation) {
    if constexpr (MergingAggregatorOf<agg::Bound<Visit, decltype(aggregation)>, Visit>)
      f(name, key, aggregation);
  });
}

/// One such window with a probe on its results.
template <class KeyFn, class A, class Kind = Tumbling>
struct Window {
  using Step = WindowStep<Visit, KeyFn, agg::Bound<Visit, A>, Kind>;
  Window(KeyFn key, A aggregation)
      : step(bed.context(), key, agg::bind<Visit>(aggregation),
             {.size = 10s,
              .slide = std::is_same_v<Kind, Sliding> ? Duration(5s) : Duration(10s),
              .allowed_lateness = 30s}) {
    connect(bed, step, 0, out);
  }
  void push(Duration start, std::int32_t from, std::int32_t to) {
    Batch<Visit> batch(static_cast<std::uint32_t>(to - from));
    for (std::int32_t i = from; i < to; ++i)
      batch.push_back({at(start), i, "name number " + std::to_string(i % 7)}, at(start));
    step.push(batch);
  }
  /// A window that has fired and was corrected, and one that has not.
  void before() {
    push(1s, 0, 12);
    push(11s, 3, 20);
    step.watermark(at(12s));
    push(5s, 8, 15);
  }
  void after() {
    push(6s, 10, 17);
    push(13s, 0, 9);
    step.watermark(end_of_time);
  }
  std::vector<StateItem> save() {
    Snapshot snapshot;
    step.barrier(snapshot);
    return std::move(snapshot.items);
  }

  Bed bed;
  Step step;
  Probe<typename Step::Out> out;
};

template <class KeyFn, class A>
struct SlidingWindow : Window<KeyFn, A, Sliding> {
  using Window<KeyFn, A, Sliding>::Window;
};
template <class KeyFn, class A>
SlidingWindow(KeyFn, A) -> SlidingWindow<KeyFn, A>;

inline std::string file_of(int format, const std::string& name) {
  return "window_format" + std::to_string(format) + "_" + name + ".txt";
}

/// A line an item: its key group, and its bytes in hex.
inline std::string to_lines(const std::vector<StateItem>& items) {
  std::string lines;
  for (const StateItem& item : items) {
    lines += std::to_string(item.group) + " ";
    for (const char byte : item.bytes) {
      constexpr char digits[] = "0123456789abcdef";
      lines += digits[static_cast<unsigned char>(byte) >> 4];
      lines += digits[static_cast<unsigned char>(byte) & 15];
    }
    lines += "\n";
  }
  return lines;
}
inline std::vector<StateItem> from_lines(const std::string& lines) {
  std::vector<StateItem> items;
  std::istringstream in(lines);
  for (StateItem item; in >> item.group;) {
    std::string hex;
    in >> hex;
    item.bytes.clear();
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      unsigned byte = 0;
      std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
      item.bytes += static_cast<char>(byte);
    }
    items.push_back(item);
  }
  return items;
}

}  // namespace fixtures
