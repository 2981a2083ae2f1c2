// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"

namespace millrace::detail {

/// A value as an error message shows it: in quotes, at most 40 bytes, what can't be printed as
/// \xHH.
MILLRACE_EXPORT std::string seen(std::string_view value);

/// The name most like `name`, or an empty view when none is near (a third of it or more differs,
/// letter case aside).
MILLRACE_EXPORT std::string_view nearest(std::string_view name,
                                         std::span<const std::string_view> candidates);

/// `; did you mean "x"?`, or nothing when no candidate is near.
MILLRACE_EXPORT std::string did_you_mean(std::string_view name,
                                         std::span<const std::string_view> candidates);

}  // namespace millrace::detail
