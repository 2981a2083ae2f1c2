// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/catalog/type.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::catalog {

/// Glue's parameters of tables, partitions and SerDes: texts by name.
using Parameters = std::map<std::string, std::string>;

/// A column of a table.
struct Column {
  std::string name;
  std::string type = "string";  ///< in Hive's words
  std::string comment = {};
  /// What the data call it, when that is not the name.
  std::string key = {};
  bool operator==(const Column&) const = default;
};

/// What a table's objects are.
enum class Classification : unsigned char { unknown, json, csv, parquet };
/// "json"; "UNKNOWN" for unknown, as Glue writes it.
MILLRACE_EXPORT std::string_view to_string(Classification classification);

enum class Compression : unsigned char { none, gzip };

/// How a table of delimited texts is written.
struct CsvFormat {
  char delimiter = ',';
  bool header = false;  ///< the first row of each object is no data
  bool quoted = false;  ///< cells may stand in double quotes
  bool operator==(const CsvFormat&) const = default;
};

/// How a table's objects are read: Glue's StorageDescriptor without columns and location.
struct Storage {
  std::string input_format;
  std::string output_format;
  std::string serde;
  Parameters serde_parameters = {};
  Compression compression = Compression::none;
  bool operator==(const Storage&) const = default;
};

/// One partition of a table.
struct Partition {
  std::vector<std::string> values;  ///< in the order of the table's partition keys
  std::string location;             ///< ends in '/'
  Parameters parameters = {};
  bool operator==(const Partition&) const = default;
};

struct Table {
  std::string name;
  std::string description = {};
  std::vector<Column> columns = {};
  std::vector<Column> partition_keys = {};
  std::string location = {};  ///< ends in '/', unless the table is one object
  Storage storage = {};
  Parameters parameters = {};
  std::vector<Partition> partitions = {};  ///< by their values
  bool operator==(const Table&) const = default;
};

struct Database {
  std::string name;
  std::string description = {};
  std::string location = {};
  Parameters parameters = {};
  bool operator==(const Database&) const = default;
};

/// The parameter that says since when (milliseconds since 1970) a table or partition has no data.
inline constexpr std::string_view deprecated_parameter = "DEPRECATED_BY_CRAWLER";

/// Columns for the members of a structure, or one column for anything else. Names are lower case,
/// differ from each other and from those of `partition_keys`.
MILLRACE_EXPORT std::vector<Column> to_columns(const Type& record,
                                               const std::vector<Column>& partition_keys = {});

/// What a new table is made of, when it is not crawled.
struct TableOptions {
  std::string name = {};
  std::string location = {};  ///< where its objects are, such as s3://bucket/prefix/
  std::vector<std::string> partition_keys = {};
  Classification classification = Classification::json;
  CsvFormat csv = {};
  Compression compression = Compression::none;
  std::string description = {};
};

/// A table of records of that type, with the SerDe and the parameters that its classification
/// wants: JSON by org.openx.data.jsonserde, quoted CSV by OpenCSVSerde (which reads texts only, so
/// that every column is a string), other delimited text by LazySimpleSerDe, Parquet by its own.
/// Errors: invalid_input when the name, the location or a column can't be one; see check().
MILLRACE_EXPORT Result<Table> make_table(const TableOptions& options, const Type& record);

/// Sets the SerDe's parameters that name columns; for whoever changes a table's columns. The JSON
/// SerDe takes keys without regard to case; when one differs otherwise from its column's name, or
/// two only in case, it is told to look at case, and each key that is not the name is mapped.
MILLRACE_EXPORT void name_columns(Table& table);

/// Checks what Glue and Hive demand: names of 1 to 255 bytes, lower case and without control
/// bytes, quotes or slashes; UTF-8; types in Hive's words; no column twice, also not as a partition
/// key; each partition with a value for each key.
/// Errors: invalid_input and limit_exceeded with table, part and value.
MILLRACE_EXPORT Result<void> check(const Table& table);
MILLRACE_EXPORT Result<void> check(const Database& database);

}  // namespace millrace::catalog
