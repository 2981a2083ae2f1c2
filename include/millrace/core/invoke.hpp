// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <type_traits>
#include <utility>

namespace millrace {

/// std::invoke for what steps are given: a callable, or a pointer to a member of its first
/// argument. It is here because <functional> costs a tenth of a second a unit.
template <class F, class First, class... Rest>
constexpr decltype(auto) invoke(F& f, First&& first, Rest&&... rest) {
  if constexpr (std::is_member_object_pointer_v<F>)
    return (std::forward<First>(first).*f);
  else if constexpr (std::is_member_function_pointer_v<F>)
    return (std::forward<First>(first).*f)(std::forward<Rest>(rest)...);
  else
    return f(std::forward<First>(first), std::forward<Rest>(rest)...);
}

}  // namespace millrace
