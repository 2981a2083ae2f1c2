// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <optional>
#include <utility>

#include "millrace/operators/aggregator.hpp"
#include "millrace/state/single_state.hpp"

namespace millrace {

/// For each key, what an aggregation makes of all V added: an AggregatorOf V, as windows take it,
/// or the type of one such as agg::count().
///
///     AggregatingState<Tick, Vwap> vwap{"vwap"};                      // an aggregator of your own
///     AggregatingState<Tick, decltype(extremes)> range{"range", extremes};
///     // with: constexpr auto extremes = agg::all(agg::min(&Tick::price), agg::max(&Tick::price));
template <class V, class A>
class AggregatingState : public detail::SingleState<typename agg::Bound<V, A>::State> {
  using B = agg::Bound<V, A>;
  static_assert(AggregatorOf<B, V>,
                "millrace: AggregatingState<V, A>: A needs 'struct State', 'void add(State&, const "
                "V&)' and 'R result(const State&)'; or take the type of agg::count(), agg::sum(f) "
                "and so on");

 public:
  using value_type = V;
  using result_type = agg::ResultOf<V, A>;
  static_assert(!borrows<result_type>,
                "millrace: an aggregator's result borrows its bytes; let result() return what owns "
                "them: std::string for Text");

  explicit AggregatingState(std::string name, StateOptions options = {})
  requires std::is_empty_v<A>
      : AggregatingState(std::move(name), A{}, options) {}
  AggregatingState(std::string name, A aggregation, StateOptions options = {})
      : detail::SingleState<typename B::State>(std::move(name), options),
        aggregator_(agg::bind<V>(std::move(aggregation))) {}

  /// Errors: what the aggregator throws; the state is as it was then.
  void add(const V& value) {
    this->change([&](typename B::State& state) { aggregator_.add(state, value); });
  }
  /// Nothing when nothing was added.
  std::optional<result_type> result() {
    const typename B::State* const state = this->look();
    return state ? std::optional<result_type>(aggregator_.result(*state)) : std::nullopt;
  }

  static constexpr detail::StateKind kind = detail::StateKind::aggregating;

 private:
  [[no_unique_address]] B aggregator_;
};

}  // namespace millrace
