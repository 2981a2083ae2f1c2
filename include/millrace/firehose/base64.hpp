// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::firehose {

/// RFC 4648 base64 with padding, the form in which Firehose's API and error objects hold bytes.
MILLRACE_EXPORT std::string to_base64(std::string_view bytes);

/// Errors: invalid_input, with the column from 1, for a character outside the alphabet, padding
/// that is missing or in the wrong place, and bits past the last byte.
MILLRACE_EXPORT Result<std::string> from_base64(std::string_view text);

}  // namespace millrace::firehose
