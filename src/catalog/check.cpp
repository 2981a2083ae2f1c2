// SPDX-License-Identifier: BSL-1.0
#include <unordered_set>

#include "millrace/catalog/table.hpp"
#include "millrace/formats/explain.hpp"
#include "millrace/formats/utf8.hpp"

namespace millrace::catalog {
namespace {

Error refuse(const std::string& where, std::string_view value, const std::string& why) {
  return Error(Errc::invalid_input, where + " " + detail::seen(value) + " " + why);
}

Result<void> check_name(const std::string& where, std::string_view name) {
  constexpr std::size_t name_max = 255;
  if (name.empty()) return Error(Errc::invalid_input, where + " has no name");
  if (name.size() > name_max)
    return Error(Errc::limit_exceeded, where + " has a name of " + std::to_string(name.size()) +
                                           " bytes; the limit is 255");
  if (utf8_prefix(name) != name.size()) return refuse(where, name, "is not UTF-8");
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z')
      return refuse(where, name, "has upper-case letters; the catalog's names are lower case");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '`' || c == '"' || c == '/')
      return refuse(where, name, "holds a control byte, a quote or a slash, which no name may");
  }
  return {};
}

Result<void> check_text(const std::string& where, std::string_view text) {
  if (utf8_prefix(text) != text.size()) return refuse(where, text, "is not UTF-8");
  if (text.find('\0') != std::string_view::npos) return refuse(where, text, "holds a zero byte");
  return {};
}

Result<void> check_parameters(const std::string& where, const Parameters& parameters) {
  for (const auto& [name, value] : parameters) {
    if (Result<void> good = check_text(where + ": parameter", name); !good) return good;
    if (Result<void> good = check_text(where + ": parameter " + name, value); !good) return good;
  }
  return {};
}

Result<void> check_columns(const std::string& where, const Table& table) {
  std::unordered_set<std::string_view> names;
  for (const std::vector<Column>* const columns : {&table.columns, &table.partition_keys})
    for (const Column& column : *columns) {
      const std::string here = where + (columns == &table.columns ? ": column" : ": partition key");
      if (Result<void> good = check_name(here, column.name); !good) return good;
      if (!names.insert(column.name).second) return refuse(here, column.name, "is there twice");
      if (Result<void> good = check_hive_type(column.type); !good)
        return Error(good.error().code(),
                     here + " " + detail::seen(column.name) + ": " + good.error().message());
      for (const std::string& text : {column.comment, column.key})
        if (Result<void> good = check_text(here + " " + column.name + ":", text); !good)
          return good;
    }
  return {};
}

Result<void> check_partition(const std::string& where, const Table& table,
                             const Partition& partition) {
  if (partition.values.size() != table.partition_keys.size())
    return refuse(where + ": partition at", partition.location,
                  "has " + std::to_string(partition.values.size()) + " values for " +
                      std::to_string(table.partition_keys.size()) + " partition keys");
  for (const std::string& value : partition.values) {
    if (value.empty())
      return refuse(where + ": partition at", partition.location, "has an empty value");
    if (Result<void> good = check_text(where + ": partition value", value); !good) return good;
  }
  if (Result<void> good = check_text(where + ": location", partition.location); !good) return good;
  return check_parameters(where, partition.parameters);
}

}  // namespace

Result<void> check(const Table& table) {
  if (Result<void> good = check_name("table", table.name); !good) return good;
  const std::string where = "table " + detail::seen(table.name);
  if (table.location.empty())
    return Error(Errc::invalid_input, where + " has no location; give one like s3://bucket/p/");
  for (const std::string* const text : {&table.location, &table.description, &table.storage.serde,
                                        &table.storage.input_format, &table.storage.output_format})
    if (Result<void> good = check_text(where + ": text", *text); !good) return good;
  if (Result<void> good = check_columns(where, table); !good) return good;
  if (Result<void> good = check_parameters(where, table.parameters); !good) return good;
  if (Result<void> good = check_parameters(where, table.storage.serde_parameters); !good)
    return good;
  for (const Partition& partition : table.partitions)
    if (Result<void> good = check_partition(where, table, partition); !good) return good;
  return {};
}

Result<void> check(const Database& database) {
  if (Result<void> good = check_name("database", database.name); !good) return good;
  const std::string where = "database " + detail::seen(database.name);
  for (const std::string* const text : {&database.description, &database.location})
    if (Result<void> good = check_text(where + ": text", *text); !good) return good;
  return check_parameters(where, database.parameters);
}

}  // namespace millrace::catalog
