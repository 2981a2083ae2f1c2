// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "index/index_table.hpp"
#include "index/sqlite.hpp"
#include "millrace/index/store.hpp"

namespace millrace::index {

// Members throw Failure; Store's calls turn it into a value.
class Store::State {
 public:
  // Makes the file first when `create` says so.
  State(Env& env, std::string directory, const Options& options, Database::Create create);

  // Runs a call: alone, and what it threw as a value. After an error of its files the next one
  // opens them again: a file whose sync has failed takes nothing more.
  template <class F>
  auto call(F f) -> Result<decltype(f())> {
    const std::lock_guard hold(mutex);
    try {
      if (must_reopen) reopen();
      if constexpr (std::is_void_v<decltype(f())>) {
        f();
        return {};
      } else {
        return f();
      }
    } catch (const Failure& failure) {
      must_reopen |= failure.error().code() == Errc::io;
      return failure.error();
    }
  }
  // Runs `f` as one transaction; what it changed in memory is read anew when it fails.
  template <class F>
  auto change(F f) {
    try {
      Transaction transaction(*db);
      if constexpr (std::is_void_v<decltype(f())>) {
        f();
        env.faults.reached("index.applied");
        transaction.commit();
        env.faults.reached("index.committed");
      } else {
        auto result = f();
        env.faults.reached("index.applied");
        transaction.commit();
        env.faults.reached("index.committed");
        return result;
      }
    } catch (...) {
      needs_load = true;
      throw;
    }
  }
  void load();
  void reopen();
  void load_if_needed() {
    if (needs_load) load();
  }

  // Errors: Failure (invalid_input).
  IndexTable& create_index(std::string_view name, const Json& definition);
  bool create_if_absent(std::string_view name, std::string_view definition);
  void delete_index(std::string_view target);
  void add_alias(std::string_view alias, std::string_view index, bool write);
  void remove_alias(std::string_view alias, std::string_view index);

  BulkResult bulk(std::span<const Action> actions);
  OnceResult bulk_once(const TransactionId& id, const NextAction& next, const OnceOptions& options);

  // Errors: Failure (not_found) for a name that is neither index nor alias.
  std::vector<IndexTable*> resolve(std::string_view target);
  IndexTable& one(std::string_view name);

  Env& env;
  const std::string directory;
  const Options options;
  std::mutex mutex;
  std::unique_ptr<Database> db;
  std::map<std::string, std::unique_ptr<IndexTable>, std::less<>> tables;
  struct Alias {
    std::string index;
    bool write = false;
  };
  std::map<std::string, std::vector<Alias>, std::less<>> aliases;
  bool needs_load = false;
  bool must_reopen = false;

 private:
  OnceResult apply_all(const NextAction& next, const OnceOptions& options);
  Item apply(const Action& action);
  IndexTable* table_to_write(const Action& action, Item& item);
  void write_document(IndexTable& table, const Action& action, std::string_view document,
                      Item& item);
  void update_document(IndexTable& table, const Action& action, Item& item);
  void remove_document(IndexTable& table, const Action& action, Item& item);
  std::string make_id();
};

// True when `name` is one that `pattern`, with any number of *, means.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace millrace::index
