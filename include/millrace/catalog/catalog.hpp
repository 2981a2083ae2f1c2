// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "millrace/catalog/crawl.hpp"
#include "millrace/catalog/table.hpp"
#include "millrace/catalog/update.hpp"
#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/store/directory.hpp"

namespace millrace::catalog {

/// Databases and their tables, a file each: databases/<name>.json and tables/<database>/<name>.json
/// in a directory store, so that each is replaced as a whole and survives power loss.
///
///     auto catalog = catalog::Catalog::open(env, "/var/lib/bank/catalog").value();
///     auto known = catalog.tables("bankdata").value();
///     auto found = catalog::crawl(lake, {.location = "s3://bucket/"}, known).value();
///     catalog.record("bankdata", found).value();
///
/// Errors, of every call: io, out_of_space; corrupted for a file that is no table or database,
/// which names it. Messages name the catalog's directory.
/// Threads: any; several processes may use one catalog. Calls block: coroutines use cx.blocking().
/// Lifetime: the Env outlives it; copies share one store.
class MILLRACE_EXPORT Catalog {
 public:
  /// Opens the catalog in `directory`, which is made when it is not there.
  static Result<Catalog> open(Env& env, std::string directory);

  /// Makes or replaces a database. Errors: as check().
  Result<void> put(const Database& database);
  /// Errors: not_found.
  Result<Database> database(std::string_view name) const;
  /// By their names.
  Result<std::vector<Database>> databases() const;

  /// Makes or replaces a table. Errors: as check(); not_found when there is no such database.
  Result<void> put(std::string_view database, const Table& table);
  /// Errors: not_found.
  Result<Table> table(std::string_view database, std::string_view name) const;
  /// By their names; none of a database that is not there.
  Result<std::vector<Table>> tables(std::string_view database) const;
  /// Removes a table; no error when it is not there.
  Result<void> remove(std::string_view database, std::string_view table);

  /// Brings a database, made when it is not there, up to a crawl: what was found where a table lies
  /// updates it, the rest are new tables, and tables in the crawled place where nothing was found
  /// are without data. Tables are written one by one, and only those that changed; when another
  /// process changed one meanwhile, it is read and updated again.
  /// Errors: conflict when others change a table again and again; as put().
  Result<std::vector<TableChange>> record(std::string_view database, const Crawl& crawl,
                                          const UpdateOptions& options = {});

 private:
  Catalog(Env& env, store::Directory files) : env_(&env), files_(std::move(files)) {}
  struct Stored;
  Result<Stored> read(std::string_view database, std::string_view name) const;
  template <class Change>
  Result<TableChange> change(std::string_view database, std::string_view name,
                             const Change& change);
  Result<TableChange> add(std::string_view database, const Table& found);
  Error in_file(const std::string& key, const Error& error) const;

  Env* env_;
  store::Directory files_;
};

}  // namespace millrace::catalog
