// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "millrace/core/text.hpp"

namespace millrace::csv {

/// One record of a CSV file as its source emits it: quotes intact, without the line's end.
/// Lifetime: the bytes belong to the batch; see Text.
struct Row {
  /// The file's first record, the same bytes for all its rows; empty without one.
  Text header = {};
  Text text;
};

/// What a dead letter keeps of a row.
inline std::string original_bytes(const Row& row) { return row.text.str(); }

}  // namespace millrace::csv

namespace millrace {
template <>
inline constexpr bool borrows<csv::Row> = true;
}  // namespace millrace
