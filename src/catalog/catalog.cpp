// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/catalog.hpp"

#include <algorithm>
#include <map>

#include "catalog/glue_json.hpp"
#include "catalog/names.hpp"
#include "millrace/formats/explain.hpp"

namespace millrace::catalog {
namespace {

constexpr int tries_max = 20;
constexpr std::string_view databases_prefix = "databases/";

// The name in a key that ends in ".json".
std::string_view name_in(std::string_view key, std::string_view prefix) {
  key.remove_prefix(prefix.size());
  return key.substr(0, key.rfind('.'));
}

std::string database_key(std::string_view name) {
  return std::string(databases_prefix) + std::string(name) + ".json";
}
std::string tables_prefix(std::string_view database) {
  return "tables/" + std::string(database) + "/";
}
std::string table_key(std::string_view database, std::string_view name) {
  return tables_prefix(database) + std::string(name) + ".json";
}

Result<std::vector<std::string>> keys(const store::Directory& files, std::string prefix) {
  std::vector<std::string> keys;
  store::ListOptions options{.prefix = std::move(prefix)};
  do {
    Result<store::ListPage> page = files.list(options);
    if (!page) return page.take_error();
    for (const store::ObjectInfo& object : page->objects) keys.push_back(object.key);
    options.token = std::move(page->next_token);
  } while (!options.token.empty());
  return keys;
}

bool is_race(Errc code) { return code == Errc::conflict || code == Errc::already_exists; }

}  // namespace

/// A table as it is in its file now.
struct Catalog::Stored {
  Table table;
  std::string etag;
};

Result<Catalog> Catalog::open(Env& env, std::string directory) {
  Result<store::Directory> files = store::Directory::open(env, std::move(directory));
  if (!files) return files.take_error();
  return Catalog(env, std::move(*files));
}

Error Catalog::in_file(const std::string& key, const Error& error) const {
  return Error(Errc::corrupted, "catalog " + files_.root() + ": " + key + ": " + error.message());
}

Result<void> Catalog::put(const Database& database) {
  if (Result<void> good = check(database); !good) return good;
  Result<std::string> put = files_.put(database_key(database.name), to_json(database).pretty());
  if (!put) return put.take_error();
  return {};
}

Result<Database> Catalog::database(std::string_view name) const {
  const std::string key = database_key(name);
  Result<std::string> bytes = files_.get(key);
  if (!bytes && bytes.error().code() == Errc::not_found)
    return Error(Errc::not_found, "catalog " + files_.root() + ": there is no database " +
                                      millrace::detail::seen(name));
  if (!bytes) return bytes.take_error();
  Result<Json> json = Json::parse(*bytes);
  if (!json) return in_file(key, json.error());
  Result<Database> database = to_database(*json);
  if (!database) return in_file(key, database.error());
  return database;
}

Result<std::vector<Database>> Catalog::databases() const {
  Result<std::vector<std::string>> found = keys(files_, std::string(databases_prefix));
  if (!found) return found.take_error();
  std::vector<Database> databases;
  for (const std::string& key : *found) {
    Result<Database> one = database(name_in(key, databases_prefix));
    if (!one) return one.take_error();
    databases.push_back(std::move(*one));
  }
  return databases;
}

Result<void> Catalog::put(std::string_view database, const Table& table) {
  if (Result<Database> there = this->database(database); !there) return there.take_error();
  if (Result<void> good = check(table); !good) return good;
  Result<std::string> put = files_.put(table_key(database, table.name), to_file(table));
  if (!put) return put.take_error();
  return {};
}

Result<Catalog::Stored> Catalog::read(std::string_view database, std::string_view name) const {
  const std::string key = table_key(database, name);
  // The tag first: when the file changes in between, a put with this one is refused.
  Result<store::ObjectInfo> info = files_.head(key);
  Result<std::string> bytes = info ? files_.get(key) : info.take_error();
  if (!bytes && bytes.error().code() == Errc::not_found)
    return Error(Errc::not_found,
                 "catalog " + files_.root() + ": there is no table " +
                     millrace::detail::seen(std::string(database) + "." + std::string(name)));
  if (!bytes) return bytes.take_error();
  Result<Table> table = from_file(*bytes);
  if (!table) return in_file(key, table.error());
  return Stored{std::move(*table), info->etag};
}

Result<Table> Catalog::table(std::string_view database, std::string_view name) const {
  Result<Stored> stored = read(database, name);
  if (!stored) return stored.take_error();
  return std::move(stored->table);
}

Result<std::vector<Table>> Catalog::tables(std::string_view database) const {
  const std::string prefix = tables_prefix(database);
  Result<std::vector<std::string>> found = keys(files_, prefix);
  if (!found) return found.take_error();
  std::vector<Table> tables;
  for (const std::string& key : *found) {
    Result<Table> one = table(database, name_in(key, prefix));
    if (!one && one.error().code() == Errc::not_found) continue;  // removed since it was listed
    if (!one) return one.take_error();
    tables.push_back(std::move(*one));
  }
  return tables;
}

Result<void> Catalog::remove(std::string_view database, std::string_view table) {
  return files_.remove(table_key(database, table));
}

// Reads, changes and writes a table until nobody else does in between.
template <class Change>
Result<TableChange> Catalog::change(std::string_view database, std::string_view name,
                                    const Change& change) {
  for (int tries = 1;; ++tries) {
    Result<Stored> stored = read(database, name);
    if (!stored) return stored.take_error();
    TableChange changed = change(stored->table);
    if (changed.kind == TableChange::Kind::unchanged) return changed;
    if (changed.kind == TableChange::Kind::removed) {
      if (Result<void> removed = remove(database, name); !removed) return removed.take_error();
      return changed;
    }
    if (Result<void> good = check(stored->table); !good) return good.take_error();
    Result<std::string> put =
        files_.put(table_key(database, name), to_file(stored->table), {.if_match = stored->etag});
    if (put) return changed;
    if (!is_race(put.error().code()) || tries == tries_max) return put.take_error();
  }
}

Result<TableChange> Catalog::add(std::string_view database, const Table& found) {
  Table table = found;
  TableChange change{.table = table.name, .kind = TableChange::Kind::added};
  change.partitions_added = table.partitions.size();
  for (const Column& column : table.columns) change.columns_added.push_back(column.name);
  Names names;
  for (int tries = 1;; ++tries) {
    table.name = change.table = names.add(found.name);
    Result<std::string> put = files_.put(table_key(database, table.name), to_file(table),
                                         {.if_exists = store::IfExists::refuse});
    if (put) return change;
    if (!is_race(put.error().code()) || tries == tries_max) return put.take_error();
  }
}

Result<std::vector<TableChange>> Catalog::record(std::string_view database, const Crawl& crawl,
                                                 const UpdateOptions& options) {
  if (Result<Database> there = this->database(database); !there) {
    if (there.error().code() != Errc::not_found) return there.take_error();
    if (Result<void> made = put(Database{.name = std::string(database)}); !made)
      return made.take_error();
  }
  Result<std::vector<Table>> known = tables(database);
  if (!known) return known.take_error();
  std::multimap<std::string_view, const Table*> unseen;  // by location
  for (const Table& table : *known) unseen.emplace(table.location, &table);
  const Timestamp now = env_->clock.wall();
  const Crawled crawled{crawl.location, crawl.unread};
  std::vector<TableChange> changes;
  const auto bring_up = [&](const Table& table, const Table* found) -> Result<void> {
    Result<TableChange> changed = change(database, table.name, [&](Table& stored) {
      return found ? update(stored, *found, now, options, crawled)
                   : update_without_data(stored, now, options, crawled);
    });
    if (!changed) return changed.take_error();
    if (found || changed->kind != TableChange::Kind::unchanged)
      changes.push_back(std::move(*changed));
    return {};
  };
  for (const FoundTable& found : crawl.tables) {
    const auto [begin, end] = unseen.equal_range(found.table.location);
    if (begin == end) {
      Result<TableChange> added = add(database, found.table);
      if (!added) return added.take_error();
      changes.push_back(std::move(*added));
    }
    for (auto here = begin; here != end; ++here)
      if (Result<void> done = bring_up(*here->second, &found.table); !done)
        return done.take_error();
    unseen.erase(begin, end);
  }
  for (const auto& [location, table] : unseen)
    if (Result<void> done = bring_up(*table, nullptr); !done) return done.take_error();
  return changes;
}

}  // namespace millrace::catalog
