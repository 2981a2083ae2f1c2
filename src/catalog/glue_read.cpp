// SPDX-License-Identifier: BSL-1.0
#include "catalog/glue_json.hpp"

namespace millrace::catalog {
namespace {

Error missing(std::string_view what, std::string_view kind) {
  return Error(Errc::invalid_input, std::string(what) + " is missing or no " + std::string(kind));
}

// A text that may be missing is empty then.
Result<std::string> text(const Json& json, std::string_view name, bool required = true) {
  const Json* const member = json.find(name);
  if (!member && !required) return std::string();
  if (!member || member->kind() != Json::Kind::string) return missing(name, "text");
  return member->text();
}

Result<std::vector<Column>> columns(const Json& json, std::string_view name) {
  const Json* const list = json.find(name);
  if (!list || list->kind() != Json::Kind::array) return missing(name, "array");
  std::vector<Column> columns;
  for (const auto& [_, each] : list->members()) {
    Result<std::string> column = text(each, "Name");
    if (!column) return column.take_error();
    Result<std::string> type = text(each, "Type");
    if (!type) return type.take_error();
    Result<std::string> comment = text(each, "Comment", false);
    if (!comment) return comment.take_error();
    Result<Parameters> parameters = to_parameters(each.find("Parameters"), "Parameters");
    if (!parameters) return parameters.take_error();
    columns.push_back({std::move(*column), std::move(*type), std::move(*comment),
                       std::move((*parameters)["key"])});
  }
  return columns;
}

Result<void> read_storage(const Json& json, Table& table) {
  const Json* const storage = json.find("StorageDescriptor");
  if (!storage || storage->kind() != Json::Kind::object)
    return missing("StorageDescriptor", "object");
  const Json* const serde = storage->find("SerdeInfo");
  if (!serde || serde->kind() != Json::Kind::object) return missing("SerdeInfo", "object");
  struct Field {
    const Json* from;
    std::string_view name;
    std::string* to;
  };
  for (const Field& field : {Field{storage, "Location", &table.location},
                             Field{storage, "InputFormat", &table.storage.input_format},
                             Field{storage, "OutputFormat", &table.storage.output_format},
                             Field{serde, "SerializationLibrary", &table.storage.serde}}) {
    Result<std::string> read = text(*field.from, field.name);
    if (!read) return read.take_error();
    *field.to = std::move(*read);
  }
  const Json* const compressed = storage->find("Compressed");
  if (compressed && compressed->text() == "true") table.storage.compression = Compression::gzip;
  Result<Parameters> parameters = to_parameters(serde->find("Parameters"), "SerdeInfo.Parameters");
  if (!parameters) return parameters.take_error();
  table.storage.serde_parameters = std::move(*parameters);
  Result<std::vector<Column>> found = columns(*storage, "Columns");
  if (!found) return found.take_error();
  table.columns = std::move(*found);
  return {};
}

Result<Partition> to_partition(const Json& json) {
  Partition partition;
  const Json* const values = json.find("Values");
  if (!values || values->kind() != Json::Kind::array) return missing("Values", "array");
  for (const auto& [_, value] : values->members()) {
    if (value.kind() != Json::Kind::string) return missing("a partition's value", "text");
    partition.values.push_back(value.text());
  }
  Result<std::string> location = text(json, "Location");
  if (!location) return location.take_error();
  partition.location = std::move(*location);
  Result<Parameters> parameters = to_parameters(json.find("Parameters"), "Parameters");
  if (!parameters) return parameters.take_error();
  partition.parameters = std::move(*parameters);
  return partition;
}

}  // namespace

Result<Parameters> to_parameters(const Json* json, std::string_view what) {
  Parameters parameters;
  if (!json) return parameters;
  if (json->kind() != Json::Kind::object) return missing(what, "object");
  for (const auto& [name, value] : json->members()) {
    if (value.kind() != Json::Kind::string) return missing(std::string(what) + "." + name, "text");
    parameters[name] = value.text();
  }
  return parameters;
}

Result<Database> to_database(const Json& json) {
  Result<std::string> name = text(json, "Name");
  if (!name) return name.take_error();
  Result<std::string> description = text(json, "Description", false);
  if (!description) return description.take_error();
  Result<std::string> location = text(json, "LocationUri", false);
  if (!location) return location.take_error();
  Result<Parameters> parameters = to_parameters(json.find("Parameters"), "Parameters");
  if (!parameters) return parameters.take_error();
  Database database{std::move(*name), std::move(*description), std::move(*location),
                    std::move(*parameters)};
  if (Result<void> good = check(database); !good) return good.take_error();
  return database;
}

Result<Table> to_table(const Json& json) {
  Table table;
  Result<std::string> name = text(json, "Name");
  if (!name) return name.take_error();
  table.name = std::move(*name);
  Result<std::string> description = text(json, "Description", false);
  if (!description) return description.take_error();
  table.description = std::move(*description);
  if (Result<void> read = read_storage(json, table); !read) return read.take_error();
  Result<std::vector<Column>> keys = columns(json, "PartitionKeys");
  if (!keys) return keys.take_error();
  table.partition_keys = std::move(*keys);
  Result<Parameters> parameters = to_parameters(json.find("Parameters"), "Parameters");
  if (!parameters) return parameters.take_error();
  table.parameters = std::move(*parameters);
  return table;
}

std::string to_file(const Table& table) {
  Json partitions = Json::array();
  for (const Partition& partition : table.partitions) {
    Json values = Json::array();
    for (const std::string& value : partition.values) values.add(value);
    Json one = Json::object();
    one.add("Values", std::move(values)).add("Location", partition.location);
    if (!partition.parameters.empty()) one.add("Parameters", to_json(partition.parameters));
    partitions.add(std::move(one));
  }
  Json file = Json::object();
  file.add("TableInput", to_json(table)).add("Partitions", std::move(partitions));
  return file.pretty();
}

Result<Table> from_file(std::string_view bytes) {
  Result<Json> file = Json::parse(bytes);
  if (!file) return file.take_error();
  const Json* const input = file->find("TableInput");
  if (!input || input->kind() != Json::Kind::object) return missing("TableInput", "object");
  Result<Table> table = to_table(*input);
  if (!table) return table;
  const Json* const partitions = file->find("Partitions");
  if (!partitions || partitions->kind() != Json::Kind::array) return missing("Partitions", "array");
  for (const auto& [_, each] : partitions->members()) {
    Result<Partition> partition = to_partition(each);
    if (!partition) return partition.take_error();
    table->partitions.push_back(std::move(*partition));
  }
  if (Result<void> good = check(*table); !good) return good.take_error();
  return table;
}

}  // namespace millrace::catalog
