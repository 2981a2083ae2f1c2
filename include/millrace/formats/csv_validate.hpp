// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string_view>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::csv {

/// What a CSV text holds.
struct Shape {
  std::uint64_t records = 0;  ///< the first one, mostly a header, counted; empty lines not
  std::uint64_t fields = 0;   ///< of each record
};

/// Checks that `text` is CSV to the letter of RFC 4180: legal quotes, as many fields in each record
/// as in the first. LF is taken for CRLF; the last line break may be missing; empty lines are let
/// through.
/// Errors: invalid_input with line and column (in bytes, from 1): the first problem.
MILLRACE_EXPORT Result<Shape> validate(std::string_view text, char delimiter = ',');

}  // namespace millrace::csv
