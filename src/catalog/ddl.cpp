// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/ddl.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "catalog/reserved_words.hpp"

namespace millrace::catalog {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      // Hive's octal escape; a line break must not end a statement's line.
      char octal[8];
      std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned>(byte));
      out += octal;
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string identifier(std::string_view name) { return "`" + std::string(name) + "`"; }

bool is_name_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

bool needs_quotes(std::string_view name) {
  return name.front() < 'a' || name.front() > 'z' || is_reserved(name);
}

// The type with quotes around the members of structures that need them.
std::string type_ddl(std::string_view type) {
  std::string out;
  for (std::size_t at = 0; at < type.size();) {
    std::size_t end = at;
    while (end < type.size() && is_name_byte(type[end])) ++end;
    const std::string_view word = type.substr(at, end - at);
    const bool is_member = !word.empty() && end < type.size() && type[end] == ':';
    out += is_member && needs_quotes(word) ? identifier(word) : std::string(word);
    if (end < type.size()) out += type[end];
    at = end + 1;
  }
  return out;
}

std::string columns_ddl(const std::vector<Column>& columns, std::string_view separator) {
  std::string out;
  for (const Column& column : columns) {
    if (!out.empty()) out += separator;
    out += identifier(column.name) + " " + type_ddl(column.type);
    if (!column.comment.empty()) out += " COMMENT " + quoted(column.comment);
  }
  return out;
}

std::string properties(const Parameters& parameters) {
  std::string out = "(\n";
  for (const auto& [name, value] : parameters) {
    if (out.size() > 2) out += ",\n";
    out += "  " + quoted(name) + "=" + quoted(value);
  }
  return out + "\n)";
}

std::string partition_clause(const Table& table, const Partition& partition) {
  std::string out = "\n  PARTITION (";
  for (std::size_t i = 0; i < partition.values.size(); ++i) {
    if (i != 0) out += ", ";
    out += identifier(table.partition_keys[i].name) + "=" + quoted(partition.values[i]);
  }
  return out + ") LOCATION " + quoted(partition.location);
}

Result<void> check_both(std::string_view database, const Table& table) {
  if (Result<void> good = check(Database{.name = std::string(database)}); !good) return good;
  return check(table);
}

}  // namespace

Result<std::string> create_database_ddl(const Database& database) {
  if (Result<void> good = check(database); !good) return good.take_error();
  std::string out = "CREATE DATABASE IF NOT EXISTS " + identifier(database.name);
  if (!database.description.empty()) out += "\nCOMMENT " + quoted(database.description);
  if (!database.location.empty()) out += "\nLOCATION " + quoted(database.location);
  if (!database.parameters.empty()) out += "\nWITH DBPROPERTIES " + properties(database.parameters);
  return out;
}

Result<std::string> create_table_ddl(std::string_view database, const Table& table) {
  if (Result<void> good = check_both(database, table); !good) return good.take_error();
  if (table.columns.empty())
    return Error(Errc::invalid_input, "table \"" + table.name +
                                          "\" has no columns; describe its records, or add "
                                          "objects that show them");
  std::string out = "CREATE EXTERNAL TABLE IF NOT EXISTS " + identifier(database) + "." +
                    identifier(table.name) + " (\n  " + columns_ddl(table.columns, ",\n  ") + "\n)";
  if (!table.description.empty()) out += "\nCOMMENT " + quoted(table.description);
  if (!table.partition_keys.empty())
    out += "\nPARTITIONED BY (" + columns_ddl(table.partition_keys, ", ") + ")";
  out += "\nROW FORMAT SERDE " + quoted(table.storage.serde);
  if (!table.storage.serde_parameters.empty())
    out += "\nWITH SERDEPROPERTIES " + properties(table.storage.serde_parameters);
  out += "\nSTORED AS INPUTFORMAT " + quoted(table.storage.input_format);
  out += "\nOUTPUTFORMAT " + quoted(table.storage.output_format);
  out += "\nLOCATION " + quoted(table.location);
  Parameters parameters = table.parameters;
  parameters.erase("EXTERNAL");  // which the statement says itself
  if (!parameters.empty()) out += "\nTBLPROPERTIES " + properties(parameters);
  return out;
}

Result<std::string> drop_table_ddl(std::string_view database, std::string_view table) {
  const Table named{.name = std::string(table), .location = "-"};
  if (Result<void> good = check_both(database, named); !good) return good.take_error();
  return "DROP TABLE IF EXISTS " + identifier(database) + "." + identifier(table);
}

Result<std::vector<std::string>> add_partitions_ddl(std::string_view database, const Table& table) {
  if (Result<void> good = check_both(database, table); !good) return good.take_error();
  constexpr std::size_t statement_max = 262144;
  const std::string start =
      "ALTER TABLE " + identifier(database) + "." + identifier(table.name) + " ADD IF NOT EXISTS";
  std::vector<std::string> statements;
  for (const Partition& partition : table.partitions) {
    if (partition.parameters.contains(std::string(deprecated_parameter))) continue;
    const std::string clause = partition_clause(table, partition);
    if (statements.empty() || statements.back().size() + clause.size() > statement_max)
      statements.push_back(start);
    statements.back() += clause;
  }
  return statements;
}

}  // namespace millrace::catalog
