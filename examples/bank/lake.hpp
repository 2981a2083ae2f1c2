// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "millrace/catalog/catalog.hpp"
#include "millrace/core/result.hpp"
#include "millrace/store/directory.hpp"

namespace bank {

inline constexpr std::string_view database = "bankdata";

/// Crawls the lake into the catalog's database, and gives the tables that hold clients: those with
/// a column for the deposit and with data.
/// Errors: those of catalog::crawl() and Catalog.
millrace::Result<std::vector<millrace::catalog::Table>> crawl(
    millrace::catalog::Catalog& catalog, const millrace::store::Directory& lake);

/// Clients with one job and one answer.
struct Balances {
  std::uint64_t count = 0;
  std::int64_t sum = 0;
  double mean() const { return static_cast<double>(sum) / static_cast<double>(count); }
};
using BalanceByJobAndDeposit = std::map<std::pair<std::string, std::string>, Balances>;

/// select job, deposit, count(*), avg(balance) from each table group by 1, 2: read from the
/// delivered objects where the tables say they are.
/// Errors: those of the lake; invalid_input, with the object, for a line that is no client.
millrace::Result<BalanceByJobAndDeposit> query(const std::vector<millrace::catalog::Table>& tables,
                                               const millrace::store::Directory& lake);

/// A line of an error object.
struct Failed {
  std::string key;  ///< the object's
  std::string code, message;
  std::string raw;  ///< the record's original bytes
};

/// What could not be processed, or indexed: the lines of the objects below `prefix`.
/// Errors: those of the store; invalid_input, with the object, for a line that is none.
millrace::Result<std::vector<Failed>> failed_records(const millrace::store::Directory& store,
                                                     std::string_view prefix);

}  // namespace bank
