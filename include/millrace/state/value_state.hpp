// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <utility>

#include "millrace/state/single_state.hpp"

namespace millrace {

/// One T for each key.
///
///     ValueState<double> last{"last", {.ttl = 1h}};
///
/// A T is whatever a Codec takes, default-constructible and copyable.
/// Threads, Lifetime: those of its operator. Cost: no allocation but T's own.
template <class T>
class ValueState : public detail::SingleState<T> {
 public:
  using value_type = T;
  explicit ValueState(std::string name, StateOptions options = {})
      : detail::SingleState<T>(std::move(name), options) {}

  /// The value of the key at hand, or null. Lifetime: until it is changed, or the call ends.
  const T* get() { return this->look(); }
  /// The value of the key at hand, or `other`.
  T value_or(T other) {
    const T* const value = this->look();
    return value ? *value : std::move(other);
  }
  /// Gives the key at hand this value.
  void set(T value) { this->put(std::move(value)); }
  /// Changes it in place: f(value&), which is T{} when there was none.
  template <class F>
  void update(F f) {
    this->change(f);
  }

  static constexpr detail::StateKind kind = detail::StateKind::value;
};

}  // namespace millrace
