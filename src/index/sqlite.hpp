// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/vfs.hpp"
#include "millrace/index/options.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace millrace::index {

// A cell of a table. `array` is a JSON array of cells, kept as a blob: a field with several values.
struct Value {
  enum class Kind : unsigned char { null, integer, real, text, array };
  Kind kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text = {};

  static Value of(std::int64_t i) { return {.kind = Kind::integer, .integer = i}; }
  static Value of(double d) { return {.kind = Kind::real, .real = d}; }
  static Value of(std::string_view s) { return {.kind = Kind::text, .text = s}; }
  double number() const { return kind == Kind::integer ? static_cast<double>(integer) : real; }
};

class Database;

// A prepared statement, ready to be bound. Texts that are bound live until the next reset().
class Statement {
 public:
  Statement(Database& database, sqlite3_stmt* statement) : db_(&database), raw_(statement) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Parameters count from 1.
  Statement& bind(int parameter, const Value& value);
  Statement& bind(int parameter, std::string_view text) { return bind(parameter, Value::of(text)); }
  Statement& bind(int parameter, std::int64_t i) { return bind(parameter, Value::of(i)); }
  // How many there are: the greatest number used.
  int parameters() const;
  // The next row, or false at the end; then it is reset. Errors: Failure.
  bool step();
  // Steps to the end.
  void run();
  void reset();
  // reset(), and every parameter is null again.
  void clear();
  // Columns count from 0; texts live until the next step().
  Value column(int i) const;
  std::int64_t integer(int i) const;
  std::string_view text(int i) const;

 private:
  Database* db_;
  sqlite3_stmt* raw_;
};

// One connection. Every call throws Failure with the path, what SQLite and the file said, and what
// to do. Threads: one at a time.
class Database {
 public:
  enum class Create : unsigned char { no, yes };
  // Errors: Failure (conflict when somebody has it open, corrupted, io, out_of_space).
  Database(Env& env, std::string path, const Options& options, Create create);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // A statement by its text, prepared once.
  Statement& cached(std::string_view sql);
  std::unique_ptr<Statement> prepare(std::string_view sql);
  // Runs a statement that is not kept.
  void run(std::string_view sql);
  std::int64_t number(std::string_view sql);
  std::int64_t changes() const;
  std::int64_t last_row() const;
  // Drops cached statements, as before a DROP TABLE.
  void forget_statements() { cache_.clear(); }
  // Writes the write-ahead log into the file and syncs both.
  void checkpoint();
  // Needs no memory of ours. Nothing when SQLite has rolled back by itself: after a full disk, say.
  void roll_back() noexcept;
  const std::string& path() const { return path_; }
  [[noreturn]] void fail(int code, std::string_view doing);

 private:
  std::string path_;
  Vfs vfs_;
  sqlite3* raw_ = nullptr;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  std::unordered_map<std::string, std::unique_ptr<Statement>, Hash, std::equal_to<>> cache_;
};

// Runs its statements as one: rolled back unless commit() was called.
class Transaction {
 public:
  explicit Transaction(Database& db) : db_(db) { db.cached("BEGIN IMMEDIATE").run(); }
  ~Transaction() {
    if (!done_) db_.roll_back();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    db_.cached("COMMIT").run();
    done_ = true;
  }

 private:
  Database& db_;
  bool done_ = false;
};

}  // namespace millrace::index
