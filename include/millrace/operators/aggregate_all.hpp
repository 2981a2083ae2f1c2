// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "millrace/operators/aggregator.hpp"

namespace millrace::agg::detail {

/// Several states side by side. Not a std::tuple, which is never trivially copyable.
template <class... S>
struct Pack {};
template <class First, class... Rest>
struct Pack<First, Rest...> {
  First first{};
  [[no_unique_address]] Pack<Rest...> rest{};
  friend auto members(Pack& p) { return std::tie(p.first, p.rest); }
};
template <std::size_t i, class P>
constexpr auto& at(P& pack) noexcept {
  if constexpr (i == 0)
    return pack.first;
  else
    return at<i - 1>(pack.rest);
}

template <class T, class... A>
struct AllOf {
  using State = Pack<typename A::State...>;
  using Compact = typename millrace::detail::PackCompact<Pack, A...>::type;
  std::tuple<A...> parts;

  /// Const when the parts are: a user's own may change as it goes.
  static constexpr bool is_const = (millrace::detail::constant_aggregator<A, T> && ...);
  static constexpr bool merges = (MergingAggregatorOf<A, T> && ...);
  template <class S>
  void add(S& s, const T& record) const
  requires is_const
  {
    add_to(*this, s, record);
  }
  template <class S>
  void add(S& s, const T& record)
  requires(!is_const)
  {
    add_to(*this, s, record);
  }
  auto result(const State& s) const
  requires is_const
  {
    return result_of(*this, s);
  }
  auto result(const State& s)
  requires(!is_const)
  {
    return result_of(*this, s);
  }

  /// All or nothing, too.
  void merge(State& into, const State& from) noexcept(
      (noexcept(std::declval<A&>().merge(std::declval<typename A::State&>(),
                                         std::declval<typename A::State&>())) &&
       ...))
  requires merges
  {
    each([&]<std::size_t... i>() {
      if constexpr ((noexcept(std::get<i>(parts).merge(at<i>(into), at<i>(from))) && ...)) {
        (std::get<i>(parts).merge(at<i>(into), at<i>(from)), ...);
      } else {
        State next = into;
        (std::get<i>(parts).merge(at<i>(next), at<i>(from)), ...);
        into = std::move(next);
      }
    });
  }

  template <class C>
  static bool full(const C& c) {
    return each([&]<std::size_t... i>() { return (A::full(at<i>(c)) || ...); });
  }
  template <class C>
  static State widen(const C& c) {
    State s;
    each([&]<std::size_t... i>() { ((at<i>(s) = A::widen(at<i>(c))), ...); });
    return s;
  }
  static auto narrow(const State& s) {
    Compact c;
    each([&]<std::size_t... i>() { ((at<i>(c) = A::narrow(at<i>(s))), ...); });
    return c;
  }

 private:
  template <class F>
  static auto each(F&& f) {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      return f.template operator()<i...>();
    }(std::index_sequence_for<A...>());
  }
  template <std::size_t i, class S>
  static constexpr bool may_throw =
      !noexcept(std::get<i>(std::declval<std::tuple<A...>&>())
                    .add(at<i>(std::declval<S&>()), std::declval<const T&>()));
  /// All or nothing: what may throw comes first, and where several may, a copy takes the blow.
  template <class Self, class S>
  static void add_to(Self& self, S& s, const T& record) {
    each([&]<std::size_t... i>() {
      constexpr int throwing = (0 + ... + static_cast<int>(may_throw<i, S>));
      if constexpr (throwing <= 1) {
        (add_part<i, true>(self, s, record), ...);
        (add_part<i, false>(self, s, record), ...);
      } else {
        S next = s;
        (std::get<i>(self.parts).add(at<i>(next), record), ...);
        s = std::move(next);
      }
    });
  }
  template <std::size_t i, bool throwing, class Self, class S>
  static void add_part(Self& self, S& s, const T& record) {
    if constexpr (may_throw<i, S> == throwing) std::get<i>(self.parts).add(at<i>(s), record);
  }
  template <class Self>
  static auto result_of(Self& self, const State& s) {
    return each([&]<std::size_t... i>() {
      return std::tuple(std::get<i>(self.parts).result(at<i>(s))...);
    });
  }
};

template <class... A>
struct All {
  std::tuple<A...> parts;
  template <class T>
  constexpr auto bind() const {
    return std::apply(
        [](const A&... part) {
          return AllOf<T, Bound<T, A>...>{std::tuple<Bound<T, A>...>(agg::bind<T>(part)...)};
        },
        parts);
  }
};

}  // namespace millrace::agg::detail
