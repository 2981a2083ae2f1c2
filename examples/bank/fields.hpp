// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>

#include "client.hpp"
#include "millrace/core/message.hpp"
#include "millrace/formats/csv_row.hpp"
#include "millrace/graph/emitter.hpp"

namespace bank {

/// Passes a row of CSV on with '|' between its fields. The partition key is the row's hash, so
/// that rows spread over the shards evenly, and equal ones meet. Errors: Failure (invalid_input)
/// for a row whose quotes are wrong.
void pipe_row(const millrace::csv::Row& row, millrace::Timestamp time,
              millrace::Emitter<millrace::Message>& out);

/// Takes such a row apart; its texts view it. False unless it has exactly 17 fields and whole
/// numbers where the description has them.
bool split_row(std::string_view row, Client& client);

}  // namespace bank
