// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "millrace/catalog/table.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::catalog {

/// Statements for Athena and Hive, without a semicolon. Every identifier stands in back quotes, a
/// member of a structure when it has to; a quote or backslash in a text is escaped.
///
/// Errors, of each: what check() finds (no back quote is let into a name); invalid_input for a
/// table without columns.
/// Source: the Athena user guide's DDL reference.
MILLRACE_EXPORT Result<std::string> create_database_ddl(const Database& database);
MILLRACE_EXPORT Result<std::string> create_table_ddl(std::string_view database, const Table& table);
MILLRACE_EXPORT Result<std::string> drop_table_ddl(std::string_view database,
                                                   std::string_view table);

/// ALTER TABLE ... ADD IF NOT EXISTS PARTITION (...) LOCATION '...', as many partitions to a
/// statement as Athena's 262144 bytes take. Deprecated ones are left out.
MILLRACE_EXPORT Result<std::vector<std::string>> add_partitions_ddl(std::string_view database,
                                                                    const Table& table);

}  // namespace millrace::catalog
