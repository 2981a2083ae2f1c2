// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>

#include "millrace/core/invoke.hpp"
#include "millrace/graph/topology_error.hpp"
#include "millrace/operators/aggregate.hpp"
#include "millrace/operators/tumbling_window.hpp"
#include "millrace/state/hash.hpp"
#include "millrace/state/key.hpp"
#include "millrace/stream/stream.hpp"

namespace millrace {
namespace detail {

template <class T, class KeyF>
std::shared_ptr<const Edge> edge_by_key(KeyF key) {
  auto group_of = [key = std::move(key)](const T& value) mutable {
    return key_group(millrace::invoke(key, value));
  };
  return std::make_shared<KeyedEdge<T, decltype(group_of)>>(std::move(group_of));
}

}  // namespace detail

/// A keyed stream cut into windows; the next call says what to make of each.
/// Kind: Tumbling or Sliding.
template <class T, class KeyF, class Kind = Tumbling>
class WindowedStream {
 public:
  WindowedStream(Stream<T> stream, KeyF key, WindowOptions options)
      : stream_(stream), key_(std::move(key)), options_(options) {}

  /// How far behind its end, in event time, a window still takes records and corrects its results.
  WindowedStream allowed_lateness(Duration lateness) && {
    options_.allowed_lateness = lateness;
    return std::move(*this);
  }
  /// Results of one window leave in the order of their keys; by default in that of the keys'
  /// hashes, which is repeatable, too, and nearly free.
  WindowedStream by_key() && {
    options_.order = ResultOrder::key;
    return std::move(*this);
  }
  /// Results of one window leave in any order: the fastest.
  WindowedStream unordered() && {
    options_.order = ResultOrder::table;
    return std::move(*this);
  }
  /// What happens to a record whose key or aggregation throws.
  WindowedStream on_error(OnError policy) && {
    options_.on_error = policy;
    return std::move(*this);
  }

  /// One Windowed<key, result> for each key and window, once the watermark has reached its end.
  /// Records that are too late are counted; aggregate_with_late() gives them as a stream.
  /// Errors: TopologyError without event time, for a window size or slide that is not positive, a
  /// slide longer than the size, more than 100'000 panes in a window, and for a negative lateness.
  template <class A>
  auto aggregate(Name name, A aggregation) && {
    using B = agg::Bound<T, A>;
    if constexpr (!AggregatorOf<B, T>) {
      static_assert(detail::always_false<A, T>,
                    "millrace: aggregate(name, a): a needs 'struct State', 'void add(State&, const "
                    "T&)' and 'R result(const State&)' for the stream's value type; or use "
                    "agg::count(), agg::sum(f), agg::min(f), agg::max(f), agg::mean(f), "
                    "agg::all(...)");
      return detail::Broken{};
    } else if constexpr (std::is_same_v<Kind, Sliding> && !MergingAggregatorOf<B, T>) {
      static_assert(detail::always_false<A, T>,
                    "millrace: window(sliding(size, slide)).aggregate(name, a): the states of a "
                    "window's panes are merged, so a needs 'void merge(State& into, const State& "
                    "from)'; or use agg::count(), agg::sum(f), agg::min(f), agg::max(f), "
                    "agg::mean(f), agg::all(...)");
      return detail::Broken{};
    } else {
      return std::move(*this).template attach_window<B>(std::move(name),
                                                        agg::bind<T>(std::move(aggregation)));
    }
  }
  /// Two streams: the results, and the records that came too late for their window.
  template <class A>
  auto aggregate_with_late(Name name, A aggregation) && {
    const Stream<T> input = stream_;
    auto results = std::move(*this).aggregate(std::move(name), std::move(aggregation));
    return std::pair(results, Stream<T>(input.graph(), results.node(), late_output));
  }

 private:
  static constexpr unsigned late_output = 2;
  static constexpr std::int64_t most_panes = 100'000;

  void check(const Name& name) const {
    if (!stream_.timed())
      throw TopologyError(name,
                          "a window needs event time; call .event_time(name, when, "
                          "watermark::bounded_out_of_orderness(5s)) before .key_by(...)");
    if (options_.size <= Duration::zero())
      throw TopologyError(name, "the window's size must be positive, got " +
                                    std::to_string(options_.size.count()) + " us");
    if constexpr (std::is_same_v<Kind, Sliding>) check_slide(name);
    if (options_.allowed_lateness < Duration::zero())
      throw TopologyError(name, "the allowed lateness must not be negative, got " +
                                    std::to_string(options_.allowed_lateness.count()) + " us");
  }
  void check_slide(const Name& name) const {
    const auto [size, slide] = std::pair(options_.size.count(), options_.slide.count());
    if (slide <= 0)
      throw TopologyError(
          name, "the window's slide must be positive, got " + std::to_string(slide) + " us");
    if (slide > size)
      throw TopologyError(name, "the window's slide, " + std::to_string(slide) +
                                    " us, is longer than its size, " + std::to_string(size) +
                                    " us, so that records between two windows would be in none; "
                                    "filter them out first, or take a slide up to the size");
    if (const auto panes = size / std::gcd(size, slide); panes > most_panes)
      throw TopologyError(name, "a window of " + std::to_string(size) + " us that slides by " +
                                    std::to_string(slide) + " us has " + std::to_string(panes) +
                                    " panes, as many as their greatest common divisor fits into "
                                    "it, and may have " +
                                    std::to_string(most_panes) +
                                    "; take a size that is a multiple of the slide");
  }
  template <class B>
  auto attach_window(Name name, B aggregator) && {
    check(name);
    using S = WindowStep<T, KeyF, B, Kind>;
    WindowOptions options = options_;
    options.on_error = stream_.effective(options.on_error);
    auto edge = detail::edge_by_key<T>(key_);
    auto parts = Part(std::pair(std::move(key_), std::move(aggregator)));
    return stream_.template attach<typename S::Out>(
        detail::make_node(std::move(name), "window", true, true,
                          [parts = std::move(parts),
                           options](const StepContext& context) mutable -> std::unique_ptr<Step> {
                            auto [key, aggregation] = parts.take();
                            return std::make_unique<S>(context, std::move(key),
                                                       std::move(aggregation), options);
                          }),
        std::move(edge));
  }

  Stream<T> stream_;
  KeyF key_;
  WindowOptions options_;
};

/// A stream whose records of one key stay together.
template <class T, class KeyF>
class KeyedStream {
  static_assert(std::is_copy_constructible_v<KeyF>,
                "millrace: key_by(key): key must be copyable, since every subtask needs it");

 public:
  KeyedStream(Stream<T> stream, KeyF key) : stream_(stream), key_(std::move(key)) {}

  /// Cuts event time into windows of one size, [start, end), aligned to 1970-01-01T00:00:00Z.
  WindowedStream<T, KeyF> window(Tumbling window) const {
    return {stream_, key_, {.size = window.size, .slide = window.size}};
  }
  /// Cuts event time into windows that overlap: one of the size begins at each multiple of the
  /// slide, so that a record is in each of the windows that its time lies in. Its aggregation must
  /// merge; those of agg do.
  WindowedStream<T, KeyF, Sliding> window(Sliding window) const {
    return {stream_, key_, {.size = window.size, .slide = window.slide}};
  }

  /// This stream, as the left side, with another one whose keys have the same type. It is defined
  /// in millrace/stream/window_join.hpp, which a unit that calls it includes.
  template <class R, class RKey>
  auto join(const KeyedStream<R, RKey>& right) const;

  /// Runs an operator of your own that keeps state for each key; see KeyedOperatorOn. It is defined
  /// in millrace/stream/keyed_process.hpp, which a unit that calls it includes.
  /// Errors: TopologyError for states without names of their own, and for timers and times to live
  /// in event time on a stream that has none.
  template <class Op>
  auto process(Name name, Op op, OnError policy = OnError::dead_letter) const;

 private:
  template <class, class>
  friend class KeyedStream;
  Stream<T> stream_;
  KeyF key_;
};

}  // namespace millrace
