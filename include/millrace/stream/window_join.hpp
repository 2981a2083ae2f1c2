// SPDX-License-Identifier: BSL-1.0
#pragma once
// KeyedStream::join: a header of its own, as millrace.hpp would take longer to compile for those
// who join nothing.
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "millrace/graph/side_edge.hpp"
#include "millrace/operators/window_join.hpp"
#include "millrace/stream/keyed_stream.hpp"

namespace millrace {
namespace detail {

template <class L, class R, std::size_t side, class T, class KeyF>
std::shared_ptr<const Edge> side_edge(KeyF key) {
  auto group_of = [key = std::move(key)](const T& value) mutable {
    return key_group(millrace::invoke(key, value));
  };
  return std::make_shared<SideEdge<L, R, side, decltype(group_of)>>(std::move(group_of));
}

}  // namespace detail

/// Two keyed streams cut into the same windows; the next call says what to make of the records of
/// each key and window.
///
///     people.key_by(&Person::id)
///         .join(auctions.key_by(&Auction::seller))
///         .window(tumbling(10s))
///         .inner("new-sellers", [](const Person& p, const Auction& a) { return ...; });
///
/// The results are Windowed<key, U>, with the window's last microsecond as their time, and leave
/// once the watermarks of both streams have reached the window's end. A record that comes within
/// the allowed lateness makes its key give all of its results anew, with the next `fire`.
/// Errors of each: TopologyError without event time on both sides, for a window size that is not
/// positive, for a negative lateness, and for streams of two topologies.
template <class L, class LKey, class R, class RKey, bool late = false>
class WindowedJoin {
 public:
  WindowedJoin(Stream<L> left, LKey left_key, Stream<R> right, RKey right_key,
               WindowOptions options)
      : left_(left),
        right_(right),
        left_key_(std::move(left_key)),
        right_key_(std::move(right_key)),
        options_(options) {}

  /// How far behind its end, in event time, a window still takes records and corrects its results.
  WindowedJoin allowed_lateness(Duration lateness) && {
    options_.allowed_lateness = lateness;
    return std::move(*this);
  }
  /// Results of one window leave in the order of their keys; by default in that of the keys'
  /// hashes, which is repeatable, too.
  WindowedJoin by_key() && {
    options_.order = ResultOrder::key;
    return std::move(*this);
  }
  /// Results of one window leave in any order.
  WindowedJoin unordered() && {
    options_.order = ResultOrder::table;
    return std::move(*this);
  }
  /// What happens to a record whose key function throws, and to the records of a pair, or of a
  /// group, for which the join's function throws.
  WindowedJoin on_error(OnError policy) && {
    options_.on_error = policy;
    return std::move(*this);
  }
  /// The last call gives a tuple of three streams: the results, and the records of the left and of
  /// the right side that came too late for their window. Otherwise those are counted.
  WindowedJoin<L, LKey, R, RKey, true> with_late() && {
    return {left_, std::move(left_key_), right_, std::move(right_key_), options_};
  }

  /// f(const L&, const R&) for each pair.
  template <class F>
  auto inner(Name name, F f) && {
    return std::move(*this).template pairs<detail::Outer::none>(std::move(name), std::move(f));
  }
  /// f(const L&, const R*): a left record without a right one comes with a null pointer.
  template <class F>
  auto left_outer(Name name, F f) && {
    return std::move(*this).template pairs<detail::Outer::left>(std::move(name), std::move(f));
  }
  /// f(const L*, const R&), likewise.
  template <class F>
  auto right_outer(Name name, F f) && {
    return std::move(*this).template pairs<detail::Outer::right>(std::move(name), std::move(f));
  }
  /// f(const L*, const R*); one of them may be null.
  template <class F>
  auto full_outer(Name name, F f) && {
    return std::move(*this).template pairs<detail::Outer::full>(std::move(name), std::move(f));
  }
  /// f(key, lefts, rights, out), once a key: both groups, of which one may be empty, and whom to
  /// give any number of U: out.emit(value). See Group and WindowEmitter.
  template <class U, class F>
  auto cogroup(Name name, F f) && {
    using Key = typename detail::RecordKeys<L, LKey>::Key;
    if constexpr (!std::is_invocable_v<F&, const Key&, const Group<L>&, const Group<R>&,
                                       WindowEmitter<Key, U>&>) {
      static_assert(detail::always_false<F, L, R>,
                    "millrace: cogroup<U>(name, f): f must be callable with (const Key&, const "
                    "Group<L>&, const Group<R>&, WindowEmitter<Key, U>&) and call out.emit(value)");
      return detail::Broken{};
    } else {
      return std::move(*this).attach(std::move(name), detail::CoGroup<F, U>{std::move(f)});
    }
  }

 private:
  static constexpr unsigned late_left_output = 2;
  static constexpr unsigned late_right_output = 3;

  void check(const Name& name) const {
    if (&left_.graph() != &right_.graph())
      throw TopologyError(name, "joins streams of two topologies; declare both sides in one");
    if (!left_.timed() || !right_.timed())
      throw TopologyError(name, std::string("a join in windows needs event time on both sides; "
                                            "call .event_time(name, when, "
                                            "watermark::bounded_out_of_orderness(5s)) before "
                                            ".key_by(...) on the ") +
                                    (left_.timed() ? "right" : "left"));
    if (options_.size <= Duration::zero())
      throw TopologyError(name, "the window's size must be positive, got " +
                                    std::to_string(options_.size.count()) + " us");
    if (options_.allowed_lateness < Duration::zero())
      throw TopologyError(name, "the allowed lateness must not be negative, got " +
                                    std::to_string(options_.allowed_lateness.count()) + " us");
  }
  template <detail::Outer outer, class F>
  auto pairs(Name name, F f) && {
    if constexpr (!detail::JoinFunction<F, L, R, outer>) {
      static_assert(detail::always_false<F, L, R>,
                    "millrace: a join's f must be callable with the records of both sides and "
                    "return a value: inner: (const L&, const R&); left_outer: (const L&, const "
                    "R*); right_outer: (const L*, const R&); full_outer: (const L*, const R*)");
      return detail::Broken{};
    } else {
      return std::move(*this).attach(std::move(name), detail::Pairs<F, L, R, outer>{std::move(f)});
    }
  }
  template <class F>
  auto attach(Name name, F function) && {
    static_assert(detail::keeps_whole<typename F::output_type>,
                  "millrace: a join's result borrows bytes, which end with the window; use Text "
                  "for them in a struct with describe(), or std::string");
    check(name);
    using Types = detail::JoinTypes<L, LKey, R, RKey, F>;
    using S = detail::WindowJoinStep<Types>;
    WindowOptions options = options_;
    options.on_error = left_.effective(options.on_error);
    auto left_edge = detail::side_edge<L, R, 0, L>(left_key_);
    auto right_edge = detail::side_edge<L, R, 1, R>(right_key_);
    constexpr bool copies = Part<F>::copies;
    auto parts = Part(std::tuple(std::move(left_key_), std::move(right_key_), std::move(function)));
    auto node =
        detail::make_node(std::move(name), "window_join", copies, true,
                          [parts = std::move(parts),
                           options](const StepContext& context) mutable -> std::unique_ptr<Step> {
                            auto [left, right, f] = parts.take();
                            return std::make_unique<S>(
                                context, typename Types::LeftKeys(std::move(left)),
                                typename Types::RightKeys(std::move(right)), std::move(f), options);
                          });
    node->inputs().push_back({&left_.node(), left_.output(), 0, std::move(left_edge)});
    node->inputs().push_back({&right_.node(), right_.output(), 1, std::move(right_edge)});
    node->timed = true;
    Graph& graph = left_.graph();
    const Stream<typename Types::Out> results(graph, graph.add(std::move(node)));
    if constexpr (late)
      return std::tuple(results, Stream<L>(graph, results.node(), late_left_output),
                        Stream<R>(graph, results.node(), late_right_output));
    else
      return results;
  }

  Stream<L> left_;
  Stream<R> right_;
  LKey left_key_;
  RKey right_key_;
  WindowOptions options_;
};

/// Two keyed streams; the next call cuts them into windows.
template <class L, class LKey, class R, class RKey>
class JoinedStreams {
 public:
  JoinedStreams(Stream<L> left, LKey left_key, Stream<R> right, RKey right_key)
      : left_(left),
        right_(right),
        left_key_(std::move(left_key)),
        right_key_(std::move(right_key)) {}

  /// As KeyedStream::window().
  WindowedJoin<L, LKey, R, RKey> window(Tumbling window) const {
    return {left_, left_key_, right_, right_key_, {.size = window.size}};
  }

 private:
  Stream<L> left_;
  Stream<R> right_;
  LKey left_key_;
  RKey right_key_;
};

template <class T, class KeyF>
template <class R, class RKey>
auto KeyedStream<T, KeyF>::join(const KeyedStream<R, RKey>& right) const {
  if constexpr (!std::is_same_v<typename detail::RecordKeys<T, KeyF>::Key,
                                typename detail::RecordKeys<R, RKey>::Key>) {
    static_assert(detail::always_false<T, R>,
                  "millrace: join(other): the keys of both sides must have the same type; let one "
                  "key function return the other's type");
    return detail::Broken{};
  } else if constexpr (!detail::keeps_whole<T> || !detail::keeps_whole<R>) {
    static_assert(
        detail::always_false<T, R>,
        "millrace: join(other): a record borrows bytes that the join can't keep; use Text "
        "for them in a struct with describe(), or std::string");
    return detail::Broken{};
  } else {
    return JoinedStreams<T, KeyF, R, RKey>(stream_, key_, right.stream_, right.key_);
  }
}

}  // namespace millrace
