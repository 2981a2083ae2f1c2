// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/table.hpp"

#include <algorithm>

#include "catalog/names.hpp"

namespace millrace::catalog {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string joined(const std::vector<Column>& columns) {
  std::string keys;
  for (const Column& column : columns) {
    if (!keys.empty()) keys += ',';
    keys += column.key.empty() ? column.name : column.key;
  }
  return keys;
}

constexpr std::string_view json_serde = "org.openx.data.jsonserde.JsonSerDe";

Storage text_storage(std::string serde) {
  return {.input_format = "org.apache.hadoop.mapred.TextInputFormat",
          .output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
          .serde = std::move(serde)};
}

Storage csv_storage(const CsvFormat& csv) {
  const std::string delimiter(1, csv.delimiter);
  if (csv.quoted) {
    Storage storage = text_storage("org.apache.hadoop.hive.serde2.OpenCSVSerde");
    storage.serde_parameters = {
        {"separatorChar", delimiter}, {"quoteChar", "\""}, {"escapeChar", "\\"}};
    return storage;
  }
  Storage storage = text_storage("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe");
  storage.serde_parameters = {{"field.delim", delimiter}, {"serialization.format", delimiter}};
  return storage;
}

Storage parquet_storage() {
  const std::string package = "org.apache.hadoop.hive.ql.io.parquet.";
  return {.input_format = package + "MapredParquetInputFormat",
          .output_format = package + "MapredParquetOutputFormat",
          .serde = package + "serde.ParquetHiveSerDe",
          .serde_parameters = {{"serialization.format", "1"}}};
}

Storage storage_for(const TableOptions& options) {
  Storage storage = options.classification == Classification::csv ? csv_storage(options.csv)
                    : options.classification == Classification::parquet
                        ? parquet_storage()
                        : text_storage(std::string(json_serde));
  storage.compression = options.compression;
  return storage;
}

// Mappings hold at every level, by name: the first of a name wins.
void map_nested(const Type& type, Parameters& mappings, bool& looks_at_case, bool top) {
  Names names;
  for (const Member& member : type.members) {
    if (!top && type.kind == TypeKind::structure) {
      const std::string name = names.add(member.key);
      if (name != member.key) mappings.try_emplace("mapping." + name, member.key);
      looks_at_case |= lower(member.key) != name;
    }
    map_nested(member.type, mappings, looks_at_case, false);
  }
}

// The SerDe's mappings for members of structures, when they or the columns need any.
void name_nested(Table& table, const Type& record) {
  if (table.storage.serde != json_serde) return;
  Parameters mappings;
  bool looks_at_case = table.storage.serde_parameters.contains("case.insensitive");
  map_nested(record, mappings, looks_at_case, true);
  if (!looks_at_case) return;
  table.storage.serde_parameters["case.insensitive"] = "false";
  name_columns(table);
  table.storage.serde_parameters.merge(mappings);
}

}  // namespace

std::string_view to_string(Classification classification) {
  switch (classification) {
    case Classification::json:
      return "json";
    case Classification::csv:
      return "csv";
    case Classification::parquet:
      return "parquet";
    default:
      return "UNKNOWN";
  }
}

std::vector<Column> to_columns(const Type& record, const std::vector<Column>& partition_keys) {
  Names names;
  for (const Column& key : partition_keys) names.take(key.name);
  std::vector<Column> columns;
  if (record.kind == TypeKind::unknown) return columns;
  const Type whole{TypeKind::structure, {Member{"array", record}}};
  const Type& structure = record.kind == TypeKind::structure ? record : whole;
  for (const Member& member : structure.members) {
    Column column{names.add(member.key), to_hive(member.type)};
    if (member.key != column.name) column.key = member.key;
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<Table> make_table(const TableOptions& options, const Type& record) {
  if (options.classification == Classification::unknown)
    return Error(Errc::invalid_input,
                 "table \"" + options.name + "\": there is no SerDe for an unknown classification");
  Table table{.name = options.name, .description = options.description};
  for (const std::string& key : options.partition_keys)
    table.partition_keys.push_back({.name = key});
  table.columns = to_columns(record, table.partition_keys);
  table.location = options.location;
  table.storage = storage_for(options);
  table.parameters = {
      {"EXTERNAL", "TRUE"},
      {"classification", std::string(to_string(options.classification))},
      {"compressionType", options.compression == Compression::gzip ? "gzip" : "none"},
      {"typeOfData", "file"}};
  if (options.classification == Classification::csv) {
    table.parameters["delimiter"] = options.csv.delimiter;
    if (options.csv.header) table.parameters["skip.header.line.count"] = "1";
    if (options.csv.quoted)
      for (Column& column : table.columns) column.type = "string";
  }
  name_columns(table);
  name_nested(table, record);
  if (Result<void> good = check(table); !good) return good.take_error();
  return table;
}

void name_columns(Table& table) {
  if (table.storage.serde != json_serde) return;
  Parameters& parameters = table.storage.serde_parameters;
  parameters["paths"] = joined(table.columns);
  const bool looks_at_case =
      parameters.contains("case.insensitive") ||
      std::any_of(table.columns.begin(), table.columns.end(), [](const Column& column) {
        return !column.key.empty() && lower(column.key) != column.name;
      });
  if (!looks_at_case) return;
  parameters["case.insensitive"] = "false";
  for (const Column& column : table.columns)
    if (!column.key.empty()) parameters["mapping." + column.name] = column.key;
}

}  // namespace millrace::catalog
