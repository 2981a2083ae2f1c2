// SPDX-License-Identifier: BSL-1.0
#include "index/store_state.hpp"

#include <algorithm>

#include "millrace/formats/utf8.hpp"

namespace millrace::index {
namespace {

constexpr std::int64_t application_id = 0x6d726978;  // "mrix"
constexpr std::int64_t format_version = 1;

constexpr const char* schema[] = {
    "CREATE TABLE IF NOT EXISTS indices(n INTEGER PRIMARY KEY,name TEXT NOT NULL UNIQUE,"
    "mapping TEXT NOT NULL,seq INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS fields(i INTEGER,path TEXT,number INTEGER NOT NULL,"
    "many INTEGER NOT NULL,PRIMARY KEY(i,path)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS aliases(alias TEXT,i INTEGER,write INTEGER NOT NULL,"
    "PRIMARY KEY(alias,i)) WITHOUT ROWID",
};

Failure invalid(std::string message) {
  return Failure(Error(Errc::invalid_input, std::move(message)));
}

Failure no_such_index(std::string_view name) {
  return Failure(Error(Errc::not_found,
                       "index_not_found_exception: no such index [" + std::string(name) + "]"));
}

// Under another name until it is whole, so that an empty file never passes for an index.
void make_file(Env& env, const std::string& directory, const Options& options) {
  env.fs.make_directories(directory).value();
  const std::string draft = directory + "/index.sqlite.new";
  {
    Database db(env, draft, options, Database::Create::yes);
    Transaction transaction(db);
    for (const char* table : schema) db.run(table);
    db.run("PRAGMA application_id=" + std::to_string(application_id));
    db.run("PRAGMA user_version=" + std::to_string(format_version));
    transaction.commit();
    db.checkpoint();
  }
  Result<void> named = env.fs.rename_new(draft, directory + "/index.sqlite");
  if (!named && named.error().code() != Errc::already_exists) named.value();
  env.fs.sync_directory(directory).value();
}

Error corrupted(const std::string& path, std::string_view reason) {
  return Error(Errc::corrupted, "index " + path + ": " + std::string(reason) +
                                    "; build the index anew from its stream");
}

}  // namespace

Store::State::State(Env& the_env, std::string the_directory, const Options& the_options,
                    Database::Create create)
    : env(the_env), directory(std::move(the_directory)), options(the_options) {
  const std::string path = directory + "/index.sqlite";
  std::optional<FileInfo> file = env.fs.info(path).value();
  if (!file && create == Database::Create::no)
    throw Failure(Error(Errc::not_found, "there is no index in " + directory));
  if (!file) make_file(env, directory, options);
  file = env.fs.info(path).value();
  if (!file || file->size == 0) throw Failure(corrupted(path, "the file is empty: it was cut"));
  db = std::make_unique<Database>(env, path, options, Database::Create::no);
  if (db->number("PRAGMA application_id") != application_id)
    throw Failure(corrupted(path, "this is a database, but no index of millrace"));
  const std::int64_t version = db->number("PRAGMA user_version");
  if (version > format_version)
    throw Failure(Error(Errc::unsupported, "index " + path + " has format " +
                                               std::to_string(version) + "; this program knows " +
                                               std::to_string(format_version)));
  load();
}

void Store::State::load() {
  tables.clear();
  aliases.clear();
  auto indices = db->prepare("SELECT n,name,mapping,seq FROM indices");
  while (indices->step()) {
    const std::string name(indices->text(1));
    auto table = std::make_unique<IndexTable>(*db, indices->integer(0), name);
    table->load(indices->text(2), static_cast<std::uint64_t>(indices->integer(3)));
    tables.emplace(name, std::move(table));
  }
  auto names = db->prepare("SELECT alias,name,write FROM aliases JOIN indices ON n=i");
  while (names->step())
    aliases[std::string(names->text(0))].push_back(
        {std::string(names->text(1)), names->integer(2) != 0});
  needs_load = false;
}

void Store::State::reopen() {
  tables.clear();  // they use the connection
  db.reset();
  db = std::make_unique<Database>(env, directory + "/index.sqlite", options, Database::Create::no);
  load();
  must_reopen = false;
}

IndexTable& Store::State::create_index(std::string_view name, const Json& definition) {
  check_index_name(name).value();
  if (aliases.contains(name))
    throw invalid("invalid_index_name_exception: Invalid index name [" + std::string(name) +
                  "], already exists as alias");
  const std::int64_t number = db->number("SELECT coalesce(max(n),0)+1 FROM indices");
  auto table = std::make_unique<IndexTable>(*db, number, std::string(name));
  const Json* const mappings = definition.find("mappings");
  table->create(mappings ? *mappings : Json::object());
  IndexTable& made = *table;
  tables.emplace(std::string(name), std::move(table));
  if (const Json* const wanted = definition.find("aliases"))
    for (const auto& [alias, settings] : wanted->members) {
      const Json* const write = settings.find("is_write_index");
      add_alias(alias, name, write && write->truth);
    }
  return made;
}

bool Store::State::create_if_absent(std::string_view name, std::string_view definition) {
  if (tables.contains(name)) return false;
  Result<Json> json = Json::parse(definition);
  if (!json) throw invalid("parse_exception: " + json.error().message());
  if (!json->is_object()) throw invalid("parse_exception: the definition must be an object");
  for (const auto& [key, value] : json->members)
    if (key != "mappings" && key != "settings" && key != "aliases")
      throw invalid("parse_exception: unknown key [" + key + "] for create index");
  create_index(name, *json);
  return true;
}

void Store::State::delete_index(std::string_view target) {
  for (IndexTable* table : resolve(target)) {
    table->drop();
    const std::string name = table->name();
    for (auto& [alias, of] : aliases)
      std::erase_if(of, [&](const Alias& a) { return a.index == name; });
    tables.erase(name);
  }
  std::erase_if(aliases, [](const auto& alias) { return alias.second.empty(); });
}

void Store::State::add_alias(std::string_view alias, std::string_view index, bool write) {
  check_index_name(alias).value();
  if (tables.contains(alias))
    throw invalid("invalid_alias_name_exception: Invalid alias name [" + std::string(alias) +
                  "]: an index exists with the same name as the alias");
  const auto table = tables.find(index);
  if (table == tables.end()) throw no_such_index(index);
  auto& of = aliases[std::string(alias)];
  if (write)
    for (const Alias& other : of)
      if (other.write && other.index != index)
        throw invalid("illegal_state_exception: alias [" + std::string(alias) +
                      "] has more than one write index [" + other.index + "," + std::string(index) +
                      "]");
  std::erase_if(of, [&](const Alias& a) { return a.index == index; });
  of.push_back({std::string(index), write});
  auto insert = db->prepare("INSERT OR REPLACE INTO aliases(alias,i,write) VALUES(?,?,?)");
  insert->bind(1, alias).bind(2, table->second->number()).bind(3, std::int64_t{write}).run();
}

void Store::State::remove_alias(std::string_view alias, std::string_view index) {
  const auto found = aliases.find(alias);
  const auto table = tables.find(index);
  if (found == aliases.end() || table == tables.end() ||
      std::erase_if(found->second, [&](const Alias& a) { return a.index == index; }) == 0)
    throw Failure(Error(Errc::not_found, "aliases_not_found_exception: aliases [" +
                                             std::string(alias) + "] missing on [" +
                                             std::string(index) + "]"));
  if (found->second.empty()) aliases.erase(found);
  auto remove = db->prepare("DELETE FROM aliases WHERE alias=? AND i=?");
  remove->bind(1, alias).bind(2, table->second->number()).run();
}

std::vector<IndexTable*> Store::State::resolve(std::string_view target) {
  std::map<std::string_view, IndexTable*> found;
  const auto take = [&](std::string_view name) {
    const auto table = tables.find(name);
    if (table != tables.end()) found[table->first] = table->second.get();
  };
  if (target == "_all" || target.empty()) target = "*";
  while (!target.empty()) {
    const std::size_t comma = target.find(',');
    const std::string_view name = target.substr(0, comma);
    target.remove_prefix(comma == std::string_view::npos ? target.size() : comma + 1);
    if (name.find('*') != std::string_view::npos) {
      for (const auto& [index, table] : tables)
        if (matches(name, index)) found[index] = table.get();
      for (const auto& [alias, of] : aliases)
        if (matches(name, alias))
          for (const Alias& each : of) take(each.index);
    } else if (const auto alias = aliases.find(name); alias != aliases.end()) {
      for (const Alias& each : alias->second) take(each.index);
    } else if (tables.contains(name)) {
      take(name);
    } else {
      throw no_such_index(name);
    }
  }
  std::vector<IndexTable*> all;
  for (const auto& [name, table] : found) all.push_back(table);
  return all;
}

IndexTable& Store::State::one(std::string_view name) {
  const std::vector<IndexTable*> found = resolve(name);
  if (found.size() != 1)
    throw invalid("illegal_argument_exception: [" + std::string(name) + "] is " +
                  std::to_string(found.size()) + " indices; name one");
  return *found[0];
}

bool matches(std::string_view pattern, std::string_view name) {
  // After a mismatch only the last star takes more: earlier ones need no second try.
  constexpr std::size_t none = std::string_view::npos;
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = none;
  std::size_t star_took = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_took = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != none) {
      p = star + 1;
      n = ++star_took;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == none;
}

Result<void> check_index_name(std::string_view name) {
  const auto refuse = [&](const std::string& reason) -> Result<void> {
    std::string shown;
    write_json_string(shown, name.substr(0, 80));
    return Error(Errc::invalid_input,
                 "invalid_index_name_exception: Invalid index name " + shown + ", " + reason);
  };
  if (name.empty()) return refuse("must not be empty");
  if (name.size() > 255)
    return refuse("index name is too long, (" + std::to_string(name.size()) + " > 255)");
  if (name == "." || name == "..") return refuse("must not be '.' or '..'");
  if (name[0] == '_' || name[0] == '-' || name[0] == '+')
    return refuse("must not start with '_', '-', or '+'");
  if (utf8_prefix(name) != name.size()) return refuse("must be UTF-8");
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') return refuse("must be lowercase");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f ||
        std::string_view(" ,:\"*+/\\|?#><").find(c) != std::string_view::npos)
      return refuse(
          "must not contain the following characters [ , \", *, \\, <, |, ,, >, /, ?, :, "
          "#, +, and controls]");
  }
  return {};
}

}  // namespace millrace::index
