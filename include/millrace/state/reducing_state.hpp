// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <utility>

#include "millrace/state/single_state.hpp"

namespace millrace {

/// For each key, what F makes of all values added: F{}(so far, next) gives a T.
///
///     ReducingState<double, std::plus<>> total{"total"};
template <class T, class F>
class ReducingState : public detail::SingleState<T> {
  static_assert(std::is_invocable_r_v<T, F&, const T&, const T&>,
                "millrace: ReducingState<T, F>: F must be callable with (const T&, const T&) and "
                "return a T");

 public:
  using value_type = T;
  explicit ReducingState(std::string name, StateOptions options = {}, F reduce = {})
      : detail::SingleState<T>(std::move(name), options), reduce_(std::move(reduce)) {}

  /// Errors: what F throws; the state is as it was then.
  void add(T value) {
    const T* const before = this->look();
    this->put(before ? T(reduce_(*before, value)) : std::move(value));
  }
  /// Null when nothing was added. Lifetime: until it is changed, or the call ends.
  const T* get() { return this->look(); }

  static constexpr detail::StateKind kind = detail::StateKind::reducing;

 private:
  [[no_unique_address]] F reduce_;
};

}  // namespace millrace
