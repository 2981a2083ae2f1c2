// SPDX-License-Identifier: BSL-1.0
#include "millrace/catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "command.hpp"
#include "millrace/catalog/ddl.hpp"
#include "millrace/catalog/glue.hpp"
#include "streams.hpp"

namespace millrace::tool {
namespace {

using catalog::Catalog;

// Only crawl makes a catalog, and nothing makes a store: a mistyped directory must not become one.
void need_store(Env& env, const std::string& root, std::string_view what) {
  if (!env.fs.info(root + "/.millrace").value())
    throw Failure({Errc::not_found, root + ": there is no " + std::string(what)});
}

Catalog open_existing(Env& env, const std::string& root) {
  need_store(env, root, "catalog; `catalog crawl` makes one");
  return Catalog::open(env, root).value();
}

char to_delimiter(const std::string& text) {
  if (text == "\\t" || text == "tab") return '\t';
  if (text.size() != 1)
    throw UsageError("--delimiter needs one character or tab, not \"" + text + "\"");
  return text[0];
}

catalog::Header to_header(const std::string& text) {
  if (text == "detect") return catalog::Header::detect;
  if (text == "yes") return catalog::Header::present;
  if (text == "no") return catalog::Header::absent;
  throw UsageError("--header needs detect, yes or no, not \"" + text + "\"");
}

catalog::UpdateOptions update_options(const Arguments& arguments) {
  catalog::UpdateOptions options;
  const std::string schema = arguments.value_or("--schema", "add");
  if (schema == "replace")
    options.schema = catalog::SchemaChange::replace;
  else if (schema == "ignore")
    options.schema = catalog::SchemaChange::ignore;
  else if (schema != "add")
    throw UsageError("--schema needs add, replace or ignore, not \"" + schema + "\"");
  const std::string deleted = arguments.value_or("--deleted", "deprecate");
  if (deleted == "remove")
    options.deleted = catalog::DeletedData::remove;
  else if (deleted == "ignore")
    options.deleted = catalog::DeletedData::ignore;
  else if (deleted != "deprecate")
    throw UsageError("--deleted needs deprecate, remove or ignore, not \"" + deleted + "\"");
  return options;
}

/// Where readers find a directory, from wherever they look.
std::string location_of(const std::string& root) {
  std::string path = std::filesystem::absolute(root).lexically_normal().string();
  if (!path.ends_with('/')) path += '/';
  return "file://" + path;
}

catalog::CrawlOptions crawl_options(const Arguments& arguments, const std::string& root) {
  catalog::CrawlOptions options;
  options.location = arguments.value_or("--location", location_of(root));
  options.prefix = arguments.value_or("--prefix", "");
  options.table_prefix = arguments.value_or("--table-prefix", "");
  if (const auto level = arguments.number("--table-level"))
    options.table_level = static_cast<std::uint32_t>(std::min<std::uint64_t>(*level, 1024));
  if (const auto text = arguments.value("--delimiter"))
    options.examine.delimiter = to_delimiter(*text);
  options.examine.header = to_header(arguments.value_or("--header", "detect"));
  if (arguments.has("--times")) options.examine.infer.times = catalog::Times::detect;
  return options;
}

std::string count(std::uint64_t number, std::string_view what) {
  return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

void print_change(const std::string& database, const catalog::TableChange& change) {
  std::string line =
      visible(database + "." + change.table) + "\t" + std::string(to_string(change.kind));
  const auto add = [&](std::uint64_t number, std::string_view what, std::string_view became) {
    if (number != 0) line += "\t" + count(number, what) + " " + std::string(became);
  };
  add(change.columns_added.size(), "column", "added");
  add(change.partitions_added, "partition", "added");
  add(change.partitions_restored, "partition", "restored");
  add(change.partitions_gone, "partition", "gone");
  print_line(line);
  for (const std::string& note : change.notes) print_line("  note: " + visible(note));
}

void crawl(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  const std::string& database = words[1];
  const catalog::UpdateOptions update = update_options(arguments);
  const catalog::CrawlOptions options = crawl_options(arguments, words[2]);
  need_store(env, words[2], "store; `store put` makes one");
  const store::Directory lake = store::Directory::open(env, words[2]).value();
  catalog::check(catalog::Database{.name = database}).value();
  Catalog catalog = Catalog::open(env, words[0]).value();
  const std::vector<catalog::Table> known = catalog.tables(database).value();
  const catalog::Crawl found = catalog::crawl(lake, options, known).value();
  const auto changes = catalog.record(database, found, update).value();
  for (const catalog::TableChange& change : changes) print_change(database, change);
  for (const catalog::FoundTable& table : found.tables)
    for (const std::string& note : table.notes)
      print_line("note: " + visible(table.table.location + ": " + note));
  for (const catalog::Skipped& object : found.examples)
    print_line("skipped: " + visible(object.key + ": " + object.reason));
  if (found.skipped > found.examples.size())
    print_line("skipped: " + count(found.skipped - found.examples.size(), "more object"));
  print_line(count(found.objects, "object") + ", " + count(found.tables.size(), "table") + ", " +
             std::to_string(found.skipped) + " skipped, " + std::to_string(found.empty) +
             " empty, " + std::to_string(found.hidden) + " hidden");
}

void show(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  const Catalog catalog = open_existing(env, words[0]);
  if (words.size() == 1) {
    const std::vector<catalog::Database> databases = catalog.databases().value();
    for (const catalog::Database& database : databases)
      print_line(visible(database.name) + "\t" +
                 count(catalog.tables(database.name).value().size(), "table"));
    return;
  }
  const catalog::Database database = catalog.database(words[1]).value();
  if (words.size() == 2) {
    const std::vector<catalog::Table> tables = catalog.tables(database.name).value();
    for (const catalog::Table& table : tables)
      print_line(visible(table.name) + "\t" +
                 count(table.columns.size() + table.partition_keys.size(), "column") + "\t" +
                 count(table.partitions.size(), "partition") + "\t" + visible(table.location));
    return;
  }
  const catalog::Table table = catalog.table(database.name, words[2]).value();
  if (!arguments.has("--partitions")) return print(table_input(table, catalog::Spacing::pretty));
  for (const catalog::Partition& partition : table.partitions)
    print_line(partition_input(table, partition));
}

void ddl(const Arguments& arguments, Env& env) {
  const auto& words = arguments.rest();
  const Catalog catalog = open_existing(env, words[0]);
  const catalog::Database database = catalog.database(words[1]).value();
  std::vector<catalog::Table> tables;
  if (words.size() == 3)
    tables.push_back(catalog.table(database.name, words[2]).value());
  else
    tables = catalog.tables(database.name).value();
  print_line(create_database_ddl(database).value() + ";");
  for (const catalog::Table& table : tables) {
    print_line("\n" + create_table_ddl(database.name, table).value() + ";");
    const auto statements = add_partitions_ddl(database.name, table).value();
    for (const std::string& statement : statements) print_line("\n" + statement + ";");
  }
}

constexpr std::array crawl_options_taken = {Option{"--location", Takes::value},
                                            Option{"--prefix", Takes::value},
                                            Option{"--table-level", Takes::value},
                                            Option{"--table-prefix", Takes::value},
                                            Option{"--delimiter", Takes::value},
                                            Option{"--header", Takes::value},
                                            Option{"--times"},
                                            Option{"--schema", Takes::value},
                                            Option{"--deleted", Takes::value}};
constexpr std::array show_options = {Option{"--partitions"}};

constexpr std::array commands = {
    Command{"catalog", "crawl", "makes tables of a store's objects",
            "[options] CATALOG DATABASE STORE",
            "Looks at the objects of the directory store STORE and brings DATABASE in CATALOG, "
            "which is\nmade when it is not there, up to them: tables, columns, partitions.\n\n"
            "  --location URL      where readers find the store, s3://bucket/ "
            "(file:///PATH/OF/STORE/)\n"
            "  --prefix P          only objects whose keys begin with P\n"
            "  --table-level N     the first N elements of a key are its table\n"
            "  --table-prefix P    before the names of new tables\n"
            "  --delimiter C       of delimited text; tab for one (found out)\n"
            "  --header H          detect, yes or no (detect)\n"
            "  --times             yyyy-MM-dd is a date, with HH:mm:ss a timestamp\n"
            "  --schema S          add (new columns only), replace or ignore (add)\n"
            "  --deleted D         deprecate, remove or ignore (deprecate)\n\n"
            "  millrace catalog crawl --location s3://lake/ catalog bankdata lake",
            crawl_options_taken, 3, 3, crawl},
    Command{"catalog", "show", "prints databases, tables, or a table as Glue has it",
            "[--partitions] CATALOG [DATABASE [TABLE]]",
            "Prints the databases of CATALOG, the tables of DATABASE, or TABLE as Glue's "
            "TableInput.\n\n"
            "  --partitions   the table's PartitionInputs instead, one a line\n\n"
            "  millrace catalog show catalog bankdata 2022",
            show_options, 1, 3, show},
    Command{"catalog",
            "ddl",
            "prints statements for Athena and Hive",
            "CATALOG DATABASE [TABLE]",
            "Prints the statements that make DATABASE and its tables, or TABLE, with their "
            "partitions.\n\n"
            "  millrace catalog ddl catalog bankdata 2022",
            {},
            2,
            3,
            ddl},
};

}  // namespace

std::span<const Command> catalog_commands() { return commands; }

}  // namespace millrace::tool
