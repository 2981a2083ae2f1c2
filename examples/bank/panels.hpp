// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <vector>

#include "common/chart.hpp"
#include "common/page.hpp"
#include "millrace/core/result.hpp"
#include "millrace/index/store.hpp"

namespace bank {

inline constexpr std::string_view index_name = "index1";

/// A panel of the dashboard: the same numbers as bars and as a table.
struct Panel {
  examples::Chart chart;
  examples::Table table;
};

/// Deposits by job, balance by education, contacts by month: aggregations of one search.
/// Errors: those of Store::search().
millrace::Result<std::vector<Panel>> panels(const millrace::index::Store& store);

}  // namespace bank
