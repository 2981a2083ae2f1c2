// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <type_traits>
#include <utility>

#include "millrace/core/text.hpp"

namespace millrace {

/// Something that sums up the records of a key and window one by one.
///
///     struct State { ... };                       // State{} is that of no record
///     void add(State& state, const T& record);    // const or not
///     R result(const State& state);
///
/// Contract: the state owns its bytes (a std::string, never a Text). It is saved in snapshots, so
/// it is trivially copyable or has a Codec. An exception from add() makes the record a dead letter;
/// add() left the state as it was then. Threads: each subtask has its own copy; one whose members
/// are const and that is trivially copyable may be copied for a batch, so it has nothing mutable.
///
/// An aggregator may also have a smaller state, for tables to hold more keys in a cache line; it is
/// used where that comes to more keys:
///
///     struct Compact { ... };                     // trivially copyable; Compact{} is no record's
///     void add(Compact& state, const T& record);  // like the other
///     static bool full(const Compact& state);     // too small for another record, whichever
///     static State widen(const Compact& state);
///     static Compact narrow(const State& state);  // a full one when the state does not fit
///
/// A key whose Compact is full goes on with a State.
///
/// For windows that overlap it also merges: `into` is then the state of the records of both.
/// Neither order nor grouping matters, State{} changes nothing, and after an exception `into` is as
/// it was:
///
///     void merge(State& into, const State& from);  // noexcept if it is: windows merge faster then
template <class A, class T>
concept AggregatorOf =
    std::copy_constructible<A> && requires { typename A::State; } &&
    std::default_initializable<typename A::State> &&
    requires(A& a, typename A::State& s, const typename A::State& cs, const T& record) {
      a.add(s, record);
      a.result(cs);
    };

/// An aggregator whose states merge, as overlapping windows need it.
template <class A, class T>
concept MergingAggregatorOf =
    AggregatorOf<A, T> &&
    requires(A& a, typename A::State& into, const typename A::State& from) { a.merge(into, from); };

namespace detail {

/// True for an aggregator that does not change as it goes.
template <class A, class T>
inline constexpr bool constant_aggregator =
    requires(const A& a, typename A::State& s, const typename A::State& cs, const T& record) {
      a.add(s, record);
      a.result(cs);
    };

/// A::Compact; void when it has none.
template <class A>
struct CompactOf {
  using type = void;
};
template <class A>
requires requires { typename A::Compact; }
struct CompactOf<A> {
  using type = typename A::Compact;
};
/// Pack<Compact...> of several aggregators; void when one has none.
template <template <class...> class Pack, class... A>
struct PackCompact {
  using type = void;
};
template <template <class...> class Pack, class... A>
requires(!std::is_void_v<typename CompactOf<A>::type> && ...)
struct PackCompact<Pack, A...> {
  using type = Pack<typename CompactOf<A>::type...>;
};

/// An aggregator as a loop over records sees it: a copy on the stack, when it can't tell, so that
/// the compiler need not read its members again after each record; else the aggregator itself.
template <class A, class T>
class LocalAggregator {
  static constexpr bool copied = std::is_trivially_copy_constructible_v<A> &&
                                 std::is_trivially_destructible_v<A> && sizeof(A) <= 64 &&
                                 constant_aggregator<A, T>;

 public:
  explicit LocalAggregator(A& a) : a_(a) {}
  auto& operator*() { return a_; }

 private:
  std::conditional_t<copied, const A, A&> a_;
};

}  // namespace detail

namespace agg {

/// What an aggregation such as count() or sum(f) is for records of type T; an aggregator of the
/// user's is one already.
template <class T, class A>
constexpr auto bind(A aggregation) {
  if constexpr (requires { aggregation.template bind<T>(); })
    return aggregation.template bind<T>();
  else
    return aggregation;
}

template <class T, class A>
using Bound = decltype(bind<T>(std::declval<A>()));

/// What an aggregation of T's results in.
template <class T, class A>
using ResultOf = std::remove_cvref_t<decltype(std::declval<Bound<T, A>&>().result(
    std::declval<const typename Bound<T, A>::State&>()))>;

}  // namespace agg
}  // namespace millrace
