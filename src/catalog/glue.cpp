// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/glue.hpp"

#include <algorithm>

#include "catalog/glue_json.hpp"

namespace millrace::catalog {
namespace {

void add_unless_empty(Json& json, std::string name, const std::string& text) {
  if (!text.empty()) json.add(std::move(name), text);
}

Json columns_json(const std::vector<Column>& columns) {
  Json json = Json::array();
  for (const Column& column : columns) {
    Json one = Json::object();
    one.add("Name", column.name).add("Type", column.type);
    add_unless_empty(one, "Comment", column.comment);
    if (!column.key.empty()) one.add("Parameters", Json::object().add("key", column.key));
    json.add(std::move(one));
  }
  return json;
}

Json storage_json(const Table& table, const std::string& location) {
  Json serde = Json::object();
  serde.add("SerializationLibrary", table.storage.serde);
  serde.add("Parameters", to_json(table.storage.serde_parameters));
  Json json = Json::object();
  json.add("Columns", columns_json(table.columns));
  json.add("Location", location);
  json.add("InputFormat", table.storage.input_format);
  json.add("OutputFormat", table.storage.output_format);
  json.add("Compressed", Json::boolean(table.storage.compression == Compression::gzip));
  json.add("NumberOfBuckets", Json::number("-1"));
  json.add("SerdeInfo", std::move(serde));
  return json;
}

std::string written(const Json& json, Spacing spacing) {
  return spacing == Spacing::pretty ? json.pretty() : json.compact();
}

}  // namespace

Json to_json(const Parameters& parameters) {
  Json json = Json::object();
  for (const auto& [name, value] : parameters) json.add(name, value);
  return json;
}

Json to_json(const Database& database) {
  Json json = Json::object();
  json.add("Name", database.name);
  add_unless_empty(json, "Description", database.description);
  add_unless_empty(json, "LocationUri", database.location);
  if (!database.parameters.empty()) json.add("Parameters", to_json(database.parameters));
  return json;
}

Json to_json(const Table& table) {
  Json json = Json::object();
  json.add("Name", table.name);
  add_unless_empty(json, "Description", table.description);
  json.add("TableType", "EXTERNAL_TABLE");
  json.add("PartitionKeys", columns_json(table.partition_keys));
  json.add("StorageDescriptor", storage_json(table, table.location));
  json.add("Parameters", to_json(table.parameters));
  return json;
}

Json to_json(const Table& table, const Partition& partition) {
  Json values = Json::array();
  for (const std::string& value : partition.values) values.add(value);
  Json json = Json::object();
  json.add("Values", std::move(values));
  json.add("StorageDescriptor", storage_json(table, partition.location));
  if (!partition.parameters.empty()) json.add("Parameters", to_json(partition.parameters));
  return json;
}

std::string database_input(const Database& database, Spacing spacing) {
  return written(to_json(database), spacing);
}

std::string table_input(const Table& table, Spacing spacing) {
  return written(to_json(table), spacing);
}

std::string partition_input(const Table& table, const Partition& partition, Spacing spacing) {
  return written(to_json(table, partition), spacing);
}

std::string create_database_request(const Database& database) {
  return Json::object().add("DatabaseInput", to_json(database)).compact();
}

std::string create_table_request(std::string_view database, const Table& table) {
  return Json::object().add("DatabaseName", database).add("TableInput", to_json(table)).compact();
}

std::vector<std::string> create_partition_requests(std::string_view database, const Table& table) {
  constexpr std::size_t batch_max = 100;
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < table.partitions.size(); i += batch_max) {
    Json list = Json::array();
    for (std::size_t j = i; j < std::min(i + batch_max, table.partitions.size()); ++j)
      list.add(to_json(table, table.partitions[j]));
    Json request = Json::object();
    request.add("DatabaseName", database).add("TableName", table.name);
    requests.push_back(request.add("PartitionInputList", std::move(list)).compact());
  }
  return requests;
}

}  // namespace millrace::catalog
