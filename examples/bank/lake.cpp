// SPDX-License-Identifier: BSL-1.0
#include "lake.hpp"

#include <algorithm>
#include <filesystem>

#include "millrace/firehose/base64.hpp"
#include "millrace/formats/json.hpp"

namespace bank {

using namespace millrace;

namespace {

struct Row {
  Text job, deposit;
  std::int64_t balance = 0;
};
constexpr auto describe(type<Row>) {
  return fields("Job", &Row::job, "Deposit", &Row::deposit, "Balance", &Row::balance);
}

struct ErrorLine {
  std::string code, message, raw;
};
constexpr auto describe(type<ErrorLine>) {
  return fields("errorCode", &ErrorLine::code, "errorMessage", &ErrorLine::message, "rawData",
                &ErrorLine::raw);
}

/// Where readers find the lake, from wherever they look.
std::string location_of(const store::Directory& lake) {
  return "file://" + std::filesystem::absolute(lake.root()).lexically_normal().string() + "/";
}

/// A catalog may know tables of other places, too, or of this one by another path.
bool holds_clients(const catalog::Table& table, const store::Directory& lake) {
  return table.location.starts_with(location_of(lake)) &&
         std::ranges::find(table.columns, "deposit", &catalog::Column::name) !=
             table.columns.end() &&
         !table.parameters.contains(std::string(catalog::deprecated_parameter));
}

/// take(object's key, line as a T) for each line of the objects below `prefix`.
template <class T, class F>
Result<void> for_each_line(const store::Directory& store, std::string_view prefix, const F& take) {
  ArenaPool arenas;
  TextWriter text(arenas);
  auto decoder = json::as<T>();
  store::ListOptions page{.prefix = std::string(prefix)};
  do {
    auto listed = store.list(page);
    if (!listed) return listed.take_error();
    for (const store::ObjectInfo& object : listed->objects) {
      auto bytes = store.get(object.key);
      if (!bytes) return bytes.take_error();
      for (std::string_view rest = *bytes; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        T value;
        if (auto decoded = decoder.decode(Text(line), value, text); !decoded)
          return Error(Errc::invalid_input, object.key + ": " + decoded.error().message());
        take(object.key, value);
      }
    }
    page.token = listed->next_token;
  } while (!page.token.empty());
  return {};
}

}  // namespace

Result<std::vector<catalog::Table>> crawl(catalog::Catalog& catalog, const store::Directory& lake) {
  auto known = catalog.tables(database);
  if (!known) return known.take_error();
  auto found = catalog::crawl(lake, {.location = location_of(lake)}, *known);
  if (!found) return found.take_error();
  if (auto changes = catalog.record(database, *found); !changes) return changes.take_error();
  auto tables = catalog.tables(database);
  if (tables)
    std::erase_if(*tables, [&](const auto& table) { return !holds_clients(table, lake); });
  return tables;
}

Result<BalanceByJobAndDeposit> query(const std::vector<catalog::Table>& tables,
                                     const store::Directory& lake) {
  BalanceByJobAndDeposit sums;
  for (const catalog::Table& table : tables) {
    const std::string prefix = table.location.substr(location_of(lake).size());
    auto read = for_each_line<Row>(lake, prefix, [&](const std::string&, const Row& row) {
      Balances& sum = sums[{row.job.str(), row.deposit.str()}];
      ++sum.count;
      sum.sum += row.balance;
    });
    if (!read) return read.take_error();
  }
  return sums;
}

Result<std::vector<Failed>> failed_records(const store::Directory& store, std::string_view prefix) {
  std::vector<Failed> failed;
  auto read = for_each_line<ErrorLine>(store, prefix, [&](const std::string& key, ErrorLine& line) {
    failed.push_back({key, std::move(line.code), std::move(line.message),
                      firehose::from_base64(line.raw).value()});
  });
  if (!read) return read.take_error();
  return failed;
}

}  // namespace bank
