// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <type_traits>

#include "millrace/core/invoke.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

/// What Stream::map takes: const T& to a value.
template <class F, class T>
concept MapFunction =
    std::invocable<F&, const T&> && (!std::is_void_v<std::invoke_result_t<F&, const T&>>);

/// What Stream::update takes: T&, changed in place.
template <class F, class T>
concept UpdateFunction = std::invocable<F&, T&>;

/// What Stream::filter and Stream::split take: const T& to bool.
template <class F, class T>
concept Predicate = std::predicate<F&, const T&>;

/// What Stream::event_time takes: const T& to Timestamp.
template <class F, class T>
concept TimeFunction = std::invocable<F&, const T&> &&
                       std::convertible_to<std::invoke_result_t<F&, const T&>, Timestamp>;

/// What Stream::key_by takes: const T& to a value that can be compared.
template <class F, class T>
concept KeyFunction =
    std::invocable<F&, const T&> &&
    std::equality_comparable<std::remove_cvref_t<std::invoke_result_t<F&, const T&>>>;

/// What a key function or a map gives, without reference and const.
template <class F, class T>
using ResultOf = std::remove_cvref_t<std::invoke_result_t<F&, const T&>>;

}  // namespace millrace
