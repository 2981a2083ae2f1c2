// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "millrace/catalog/crawl.hpp"
#include "millrace/catalog/table.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/time.hpp"

namespace millrace::catalog {

/// What becomes of a table's columns when its data changed.
enum class SchemaChange : unsigned char {
  add_columns,  ///< new ones come at the end; none is dropped, renamed or given another type
  replace,      ///< the schema is what was found
  ignore,
};
/// What becomes of tables and partitions whose data are gone.
enum class DeletedData : unsigned char {
  deprecate,  ///< they get the parameter DEPRECATED_BY_CRAWLER, until there are data again
  remove,
  ignore,
};

struct UpdateOptions {
  SchemaChange schema = SchemaChange::add_columns;
  DeletedData deleted = DeletedData::deprecate;
};

/// What became of a table.
struct TableChange {
  enum class Kind : unsigned char { unchanged, added, updated, deprecated, restored, removed };
  std::string table;
  Kind kind = Kind::unchanged;
  std::vector<std::string> columns_added = {};
  std::uint64_t partitions_added = 0;
  std::uint64_t partitions_gone = 0;      ///< deprecated or removed
  std::uint64_t partitions_restored = 0;  ///< deprecated, and have data again
  std::vector<std::string> notes = {};    ///< what was found and not taken over
};
/// "added", "updated", ...
MILLRACE_EXPORT std::string_view to_string(TableChange::Kind kind);

/// Where an update knows of what is gone.
struct Crawled {
  std::string location = {};          ///< only what lies below it was looked for
  std::set<std::string> unread = {};  ///< Crawl::unread: what lies there is not gone
};

/// Brings a table up to what a crawl of the same place found. Partition keys stay; what was found
/// with others is refused, with a note, unless the schema is replaced.
MILLRACE_EXPORT TableChange update(Table& table, const Table& found, Timestamp now,
                                   const UpdateOptions& options = {}, const Crawled& crawled = {});

/// What becomes of a table whose place was crawled and where nothing was found. After
/// Kind::removed the caller removes it.
MILLRACE_EXPORT TableChange update_without_data(Table& table, Timestamp now,
                                                const UpdateOptions& options = {},
                                                const Crawled& crawled = {});

}  // namespace millrace::catalog
