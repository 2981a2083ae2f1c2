// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/update.hpp"

#include <algorithm>
#include <array>

#include "catalog/names.hpp"

namespace millrace::catalog {
namespace {

const std::string deprecated{deprecated_parameter};

std::string milliseconds(Timestamp time) {
  return std::to_string(
      std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// Whether a column of a table is what a crawl calls `found`. Keys that differ only in case are the
// same unless the table has one that is equal.
bool has_column(const Table& table, const Column& found) {
  const auto key = [](const Column& column) {
    return column.key.empty() ? column.name : column.key;
  };
  const std::string wanted = key(found);
  bool other_case = false;
  const bool looks_at_case = table.storage.serde_parameters.contains("case.insensitive");
  for (const Column& column : table.columns) {
    if (key(column) == wanted) return true;
    other_case |= lower(key(column)) == lower(wanted);
  }
  return other_case && !looks_at_case;
}

bool is_delimited(const Table& table) {
  return table.storage.serde_parameters.contains("field.delim") ||
         table.storage.serde_parameters.contains("separatorChar");
}

void add_column(Table& table, Column column, TableChange& change) {
  Names names;
  for (const Column& each : table.columns) names.take(each.name);
  for (const Column& each : table.partition_keys) names.take(each.name);
  const std::string key = column.key.empty() ? column.name : column.key;
  column.name = names.add(key);
  column.key = key == column.name ? "" : key;
  if (table.storage.serde == "org.apache.hadoop.hive.serde2.OpenCSVSerde") column.type = "string";
  change.columns_added.push_back(column.name);
  table.columns.push_back(std::move(column));
}

// Names of a header at whose positions the table has others.
void note_names(const Table& table, const Table& found, TableChange& change) {
  if (!found.parameters.contains("skip.header.line.count")) return;
  for (std::size_t i = 0; i < std::min(table.columns.size(), found.columns.size()); ++i)
    if (table.columns[i].name != found.columns[i].name)
      change.notes.push_back("column " + std::to_string(i + 1) + " is " + table.columns[i].name +
                             ", a header calls it " + found.columns[i].name);
}

// Mappings for members of structures, which are those of no column, when they or the table's
// columns need any.
void map_members(Table& table, const Table& found) {
  Parameters& parameters = table.storage.serde_parameters;
  bool looks_at_case = parameters.contains("case.insensitive");
  Parameters mappings;
  constexpr std::string_view prefix = "mapping.";
  for (const auto& [name, key] : found.storage.serde_parameters) {
    if (!name.starts_with(prefix)) continue;
    const std::string member = name.substr(prefix.size());
    const auto is_column = [&](const Column& column) { return column.name == member; };
    if (std::any_of(found.columns.begin(), found.columns.end(), is_column) ||
        std::any_of(table.columns.begin(), table.columns.end(), is_column))
      continue;
    looks_at_case |= lower(key) != member;
    mappings.emplace(name, key);
  }
  if (!looks_at_case || mappings.empty()) return;
  parameters["case.insensitive"] = "false";
  name_columns(table);
  parameters.merge(mappings);
}

void add_columns(Table& table, const Table& found, TableChange& change) {
  // Delimited text is read by position.
  const bool by_position = is_delimited(table);
  if (by_position) note_names(table, found, change);
  for (std::size_t i = 0; i < found.columns.size(); ++i)
    if (by_position ? i >= table.columns.size() : !has_column(table, found.columns[i]))
      add_column(table, found.columns[i], change);
  if (change.columns_added.empty()) return;
  name_columns(table);
  map_members(table, found);
}

bool same_keys(const Table& table, const Table& found) {
  return std::equal(table.partition_keys.begin(), table.partition_keys.end(),
                    found.partition_keys.begin(), found.partition_keys.end(),
                    [](const Column& a, const Column& b) { return a.name == b.name; });
}

bool by_values(const Partition& a, const Partition& b) { return a.values < b.values; }

void note_data(Partition& partition, const Partition& found, TableChange& change) {
  if (partition.parameters.erase(deprecated) != 0) ++change.partitions_restored;
  partition.location = found.location;
}

// What an update does with partitions.
class PartitionUpdate {
 public:
  PartitionUpdate(std::string since, DeletedData deleted, const Crawled& crawled)
      : since_(std::move(since)), deleted_(deleted), crawled_(crawled) {}

  void run(Table& table, const std::vector<Partition>& found, TableChange& change) const {
    std::vector<Partition> before = std::move(table.partitions);
    std::sort(before.begin(), before.end(), by_values);
    std::vector<Partition> after;
    auto old = before.begin();
    const auto keep_old = [&] {
      if (stays(*old, change)) after.push_back(std::move(*old));
      ++old;
    };
    for (const Partition& each : found) {
      while (old != before.end() && by_values(*old, each)) keep_old();
      if (old == before.end() || by_values(each, *old)) {
        after.push_back(each);
        ++change.partitions_added;
        continue;
      }
      note_data(*old, each, change);
      after.push_back(std::move(*old++));
    }
    while (old != before.end()) keep_old();
    table.partitions = std::move(after);
  }

  bool may_have_data(const std::string& location) const {
    if (!location.starts_with(crawled_.location)) return true;
    const auto unread = crawled_.unread.lower_bound(location);
    return unread != crawled_.unread.end() && unread->starts_with(location);
  }

 private:
  // Of one in which nothing was found; false: it is to be removed.
  bool stays(Partition& partition, TableChange& change) const {
    if (deleted_ == DeletedData::ignore || may_have_data(partition.location)) return true;
    if (deleted_ == DeletedData::remove) {
      ++change.partitions_gone;
      return false;
    }
    if (partition.parameters.emplace(deprecated, since_).second) ++change.partitions_gone;
    return true;
  }

  std::string since_;
  DeletedData deleted_;
  const Crawled& crawled_;
};

void replace_schema(Table& table, const Table& found, TableChange& change) {
  if (!same_keys(table, found)) table.partitions.clear();
  for (const Column& column : found.columns)
    if (std::none_of(table.columns.begin(), table.columns.end(),
                     [&](const Column& each) { return each.name == column.name; }))
      change.columns_added.push_back(column.name);
  table.columns = found.columns;
  table.partition_keys = found.partition_keys;
  table.storage = found.storage;
  for (const auto& [name, value] : found.parameters) table.parameters[name] = value;
  if (!found.parameters.contains("skip.header.line.count"))
    table.parameters.erase("skip.header.line.count");
}

}  // namespace

std::string_view to_string(TableChange::Kind kind) {
  constexpr std::array<std::string_view, 6> words = {"unchanged",  "added",    "updated",
                                                     "deprecated", "restored", "removed"};
  return words[static_cast<std::size_t>(kind)];
}

TableChange update(Table& table, const Table& found, Timestamp now, const UpdateOptions& options,
                   const Crawled& crawled) {
  TableChange change{.table = table.name};
  if (options.schema != SchemaChange::replace && !same_keys(table, found)) {
    change.notes.emplace_back("what was found has other partition keys; nothing was taken over");
    return change;
  }
  const Table before = table;
  const bool restored = table.parameters.erase(deprecated) != 0;
  if (options.schema == SchemaChange::replace) replace_schema(table, found, change);
  if (options.schema == SchemaChange::add_columns) add_columns(table, found, change);
  PartitionUpdate(milliseconds(now), options.deleted, crawled).run(table, found.partitions, change);
  change.kind = restored          ? TableChange::Kind::restored
                : table == before ? TableChange::Kind::unchanged
                                  : TableChange::Kind::updated;
  return change;
}

TableChange update_without_data(Table& table, Timestamp now, const UpdateOptions& options,
                                const Crawled& crawled) {
  TableChange change{.table = table.name};
  const PartitionUpdate partitions(milliseconds(now), options.deleted, crawled);
  if (options.deleted == DeletedData::ignore || partitions.may_have_data(table.location))
    return change;
  if (options.deleted == DeletedData::remove) {
    change.kind = TableChange::Kind::removed;
    change.partitions_gone = table.partitions.size();
    return change;
  }
  partitions.run(table, {}, change);
  const bool first = table.parameters.emplace(deprecated, milliseconds(now)).second;
  if (first || change.partitions_gone != 0) change.kind = TableChange::Kind::deprecated;
  return change;
}

}  // namespace millrace::catalog
