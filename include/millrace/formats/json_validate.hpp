// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/text.hpp"

namespace millrace::json {

struct ValidateOptions {
  std::uint32_t max_depth = 128;  ///< levels of objects and arrays; at most 4096
  std::uint64_t first_line = 1;   ///< the number that messages give the first line
};

/// Checks that `text` is one JSON text; a name may come twice in an object, as RFC 8259 allows.
/// Errors: invalid_input with line, column (in bytes, from 1) and reason: the first problem.
/// Cost: no allocation, no recursion.
MILLRACE_EXPORT Result<void> validate(std::string_view text, const ValidateOptions& options = {});

/// Checks that each line of `block` is one JSON text (newline-delimited JSON); empty lines are
/// let through. Gives the number of texts.
/// Errors: those of validate().
MILLRACE_EXPORT Result<std::uint64_t> validate_lines(std::string_view block,
                                                     const ValidateOptions& options = {});

}  // namespace millrace::json
