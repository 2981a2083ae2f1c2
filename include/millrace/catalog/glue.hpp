// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "millrace/catalog/table.hpp"
#include "millrace/core/export.hpp"

namespace millrace::catalog {

/// Whether JSON is for people or for machines.
enum class Spacing : unsigned char { compact, pretty };

/// Glue's DatabaseInput, TableInput and PartitionInput. A partition's StorageDescriptor is its
/// table's with its own location. Keys that differ from a column's name are its parameter "key".
/// Contract: what they are given passes check().
/// Source: AWS Glue's API reference.
MILLRACE_EXPORT std::string database_input(const Database& database,
                                           Spacing spacing = Spacing::compact);
MILLRACE_EXPORT std::string table_input(const Table& table, Spacing spacing = Spacing::compact);
MILLRACE_EXPORT std::string partition_input(const Table& table, const Partition& partition,
                                            Spacing spacing = Spacing::compact);

/// The bodies of Glue's CreateDatabase and CreateTable, and of BatchCreatePartition for a hundred
/// partitions each, which is its limit.
MILLRACE_EXPORT std::string create_database_request(const Database& database);
MILLRACE_EXPORT std::string create_table_request(std::string_view database, const Table& table);
MILLRACE_EXPORT std::vector<std::string> create_partition_requests(std::string_view database,
                                                                   const Table& table);

}  // namespace millrace::catalog
