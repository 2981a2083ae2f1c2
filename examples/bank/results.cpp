// SPDX-License-Identifier: BSL-1.0
#include "results.hpp"

#include "lake.hpp"
#include "millrace/firehose/index_destination.hpp"
#include "millrace/index/definition.hpp"

namespace bank {

using namespace millrace;
using namespace examples;

namespace {

constexpr std::size_t failed_shown = 20;

Table catalog_table(const std::vector<catalog::Table>& tables) {
  Table shown{"Catalog: database " + std::string(database),
              {"table", "columns", "format", "partitions"},
              {}};
  for (const catalog::Table& t : tables)
    shown.rows.push_back({t.name, grouped(t.columns.size() + t.partition_keys.size()),
                          t.parameters.at("classification"), grouped(t.partitions.size())});
  return shown;
}

Table columns_table(const std::vector<catalog::Table>& tables) {
  Table shown{"Columns", {"column", "type", "table", "place"}, {}};
  for (const catalog::Table& t : tables) {
    for (const catalog::Column& c : t.columns)
      shown.rows.push_back({c.name, c.type, t.name, "in the objects"});
    for (const catalog::Column& c : t.partition_keys)
      shown.rows.push_back({c.name, c.type, t.name, "in their keys"});
  }
  return shown;
}

Table query_table(const BalanceByJobAndDeposit& sums) {
  Table table{"Clients and mean balance by job and deposit, from the lake's objects",
              {"job", "deposit", "clients", "mean balance"},
              {}};
  for (const auto& [key, sum] : sums)
    table.rows.push_back({key.first, key.second, grouped(sum.count), decimal(sum.mean())});
  return table;
}

/// Bytes from outside, for a terminal: what is not printable ASCII is shown as '?'.
std::string printable(std::string bytes) {
  if (bytes.size() > 100) bytes = bytes.substr(0, 97) + "...";
  for (char& c : bytes)
    if (c < ' ' || c > '~') c = '?';
  return bytes;
}

Table failed_table(const std::vector<Failed>& failed) {
  Table table{"Records that failed", {"error object's place", "reason", "original bytes"}, {}};
  for (const Failed& f : failed) {
    if (table.rows.size() == failed_shown) break;
    table.rows.push_back(
        {f.key.substr(0, f.key.rfind('/') + 1), printable(f.code), printable(f.raw)});
  }
  if (failed.size() > failed_shown)
    table.title += ", the first " + std::to_string(failed_shown) + " of " + grouped(failed.size());
  return table;
}

}  // namespace

Destinations open_destinations(Env& env, const Config& c) {
  return {index::Store::open(env, c.path("index")).value(),
          store::Directory::open(env, c.path("lake")).value(),
          store::Directory::open(env, c.path("backup")).value()};
}

firehose::Destination documents_of(const Destinations& d) {
  return firehose::IndexDestination(
      d.index, {.index = std::string(index_name), .definition = index::definition_of<Client>()});
}

Result<Results> read_results(Env& env, const Config& c, Destinations& d) {
  auto made = d.index.create_if_absent(index_name, index::definition_of<Client>());
  if (!made) return made.take_error();
  auto documents = d.index.count(index_name);
  if (!documents) return documents.take_error();
  auto panels = bank::panels(d.index);
  if (!panels) return panels.take_error();
  auto catalog = catalog::Catalog::open(env, c.path("catalog"));
  if (!catalog) return catalog.take_error();
  auto tables = crawl(*catalog, d.lake);
  if (!tables) return tables.take_error();
  auto sums = query(*tables, d.lake);
  if (!sums) return sums.take_error();
  auto not_indexed = failed_records(d.backup, "es/");
  if (!not_indexed) return not_indexed.take_error();
  auto not_stored = failed_records(d.lake, "processing-failed/");
  if (!not_stored) return not_stored.take_error();

  std::uint64_t stored = 0;
  for (const auto& [key, sum] : *sums) stored += sum.count;
  Results results;
  results.numbers = {{"documents in " + std::string(index_name), *documents},
                     {"records in the lake", stored},
                     {"failed on the way to the index", not_indexed->size()},
                     {"failed on the way to the lake", not_stored->size()}};
  results.panels = std::move(*panels);
  results.tables = {catalog_table(*tables), query_table(*sums)};
  results.columns = columns_table(*tables);
  not_indexed->insert(not_indexed->end(), not_stored->begin(), not_stored->end());
  if (!not_indexed->empty()) results.tables.push_back(failed_table(*not_indexed));
  results.places = {
      {"panels, catalog and query as a page", c.path("report.html")},
      {"index", c.path("index/index.sqlite")},
      {"objects of delivery 2, and what failed below processing-failed/", c.path("lake/")},
      {"what failed on the way to the index", c.path("backup/es/")},
      {"catalog", c.path("catalog/")},
      {"the data stream", c.path("data-stream/")}};
  return results;
}

std::string results_text(const Results& results) {
  std::string text;
  for (const Panel& panel : results.panels) text += table_text(panel.table) + "\n";
  for (const Table& table : results.tables) text += table_text(table) + "\n";
  return text + places_text(results.places);
}

std::string results_html(const Results& results) {
  std::string body =
      "<h1>Bank marketing</h1><p class=\"soft\">One stream, two deliveries: panels over the index, "
      "catalog and query over the lake.</p>\n" +
      numbers_html(results.numbers) + "<h2>Panels</h2><div class=\"charts\">\n";
  for (const Panel& panel : results.panels) body += bars_figure(panel.chart);
  body += "</div>\n";
  const auto folded = [](const Table& table, std::string_view more) {
    return "<details><summary>" + escaped(table.title) + std::string(more) + "</summary>" +
           table_html(table) + "</details>\n";
  };
  for (const Panel& panel : results.panels) body += folded(panel.table, " as a table");
  for (const Table& table : results.tables)
    body += "<h2>" + escaped(table.title) + "</h2>" + table_html(table);
  body += folded(results.columns, " of the catalog");
  return page("Bank marketing: panels, catalog and query", body + places_html(results.places));
}

}  // namespace bank
