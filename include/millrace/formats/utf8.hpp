// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <string_view>

#include "millrace/core/export.hpp"

namespace millrace {

/// The length of the well-formed UTF-8 sequence at `p` (1 to 4 bytes), or 0 when the bytes are not
/// one: cut off, overlong, a surrogate, above U+10FFFF. Needs p < end.
/// Source: RFC 3629; the ranges are those of Unicode's table 3-7.
MILLRACE_EXPORT std::size_t utf8_length(const char* p, const char* end);

/// The number of leading bytes of `text` that are well-formed UTF-8; text.size() when all are.
MILLRACE_EXPORT std::size_t utf8_prefix(std::string_view text);

}  // namespace millrace
