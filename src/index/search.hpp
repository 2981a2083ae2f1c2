// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "index/index_table.hpp"
#include "millrace/core/clock.hpp"

namespace millrace::index {

// The answer to the body of a search over some indices. Errors: Failure.
std::string search(const Clock& clock, const std::vector<IndexTable*>& tables,
                   std::string_view body);

}  // namespace millrace::index
