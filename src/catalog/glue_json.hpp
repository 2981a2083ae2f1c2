// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "catalog/json.hpp"
#include "millrace/catalog/table.hpp"

namespace millrace::catalog {

Json to_json(const Database& database);
/// Without its partitions.
Json to_json(const Table& table);
Json to_json(const Table& table, const Partition& partition);
Json to_json(const Parameters& parameters);

/// Errors: invalid_input for a member that is missing or of another kind, and what check() finds.
Result<Database> to_database(const Json& json);
Result<Table> to_table(const Json& json);
Result<Parameters> to_parameters(const Json* json, std::string_view what);

/// A table's file: its TableInput, and its partitions' values, locations and parameters.
std::string to_file(const Table& table);
Result<Table> from_file(std::string_view text);

}  // namespace millrace::catalog
