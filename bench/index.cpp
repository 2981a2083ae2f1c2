// SPDX-License-Identifier: BSL-1.0
#include "index.hpp"

#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <stdexcept>

#include "millrace/core/rng.hpp"
#include "millrace/index/store.hpp"
#include "millrace/runtime/real_env.hpp"

namespace bench::index {
namespace {

namespace mi = millrace::index;

constexpr std::size_t rows_a_transaction = 1000;
constexpr std::array<const char*, 13> keywords = {
    "Age",     "Job",   "Marital",  "Education", "Default",  "Housing", "Loan",
    "Contact", "Month", "Duration", "Campaign",  "Poutcome", "Deposit"};
constexpr std::array<const char*, 4> integers = {"Balance", "Days", "PDays", "Previous"};

std::string definition() {
  std::string out = R"({"mappings":{"properties":{)";
  for (const char* name : keywords) out += '"' + std::string(name) + R"(":{"type":"keyword"},)";
  for (const char* name : integers) out += '"' + std::string(name) + R"(":{"type":"long"},)";
  return out + R"("Note":{"type":"text"}}}})";
}

// A directory of its own, gone at the end.
struct Directory {
  std::string path = (std::filesystem::temp_directory_path() / "millrace-bench-index").string();
  Directory() { std::filesystem::remove_all(path); }
  ~Directory() { std::filesystem::remove_all(path); }
};

struct Connection {
  sqlite3* raw = nullptr;
  explicit Connection(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) !=
        SQLITE_OK)
      throw std::runtime_error("can't open " + path);
  }
  ~Connection() { sqlite3_close(raw); }
  void run(const char* sql) {
    if (sqlite3_exec(raw, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(raw));
  }
  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(raw, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(raw));
    return statement;
  }
};

void bind(sqlite3_stmt* statement, int parameter, const std::string& text) {
  sqlite3_bind_text(statement, parameter, text.data(), static_cast<int>(text.size()),
                    SQLITE_STATIC);
}

Check check(const std::string& directory) {
  Connection db(directory + "/index.sqlite");
  sqlite3_stmt* sum = db.prepare("SELECT count(*),sum(f13)+sum(length(source)) FROM d1");
  sqlite3_step(sum);
  const Check result{static_cast<std::uint64_t>(sqlite3_column_int64(sum, 0)),
                     static_cast<std::uint64_t>(sqlite3_column_int64(sum, 1))};
  sqlite3_finalize(sum);
  return result;
}

mi::Options options() { return {.durability = mi::Durability::interval}; }

void fill(Connection& db, const std::vector<Row>& rows) {
  std::string names;
  std::string marks;
  for (int i = 0; i < 17; ++i) {
    names += ",f" + std::to_string(i);
    marks += ",?";
  }
  sqlite3_stmt* insert =
      db.prepare("INSERT INTO d1(id,version,seq,source" + names + ") VALUES(?,1,?,?" + marks + ")");
  sqlite3_stmt* text = db.prepare("INSERT INTO t1_17(rowid,t) VALUES(?,?)");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i % rows_a_transaction == 0) db.run("BEGIN IMMEDIATE");
    const Row& row = rows[i];
    int parameter = 1;
    bind(insert, parameter++, row.id);
    sqlite3_bind_int64(insert, parameter++, static_cast<sqlite3_int64>(i));
    bind(insert, parameter++, row.document);
    for (const std::string& word : row.words) bind(insert, parameter++, word);
    for (const std::int64_t number : row.numbers) sqlite3_bind_int64(insert, parameter++, number);
    if (sqlite3_step(insert) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db.raw));
    sqlite3_reset(insert);
    sqlite3_bind_int64(text, 1, sqlite3_last_insert_rowid(db.raw));
    bind(text, 2, row.note);
    if (sqlite3_step(text) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db.raw));
    sqlite3_reset(text);
    if (i % rows_a_transaction == rows_a_transaction - 1 || i + 1 == rows.size()) db.run("COMMIT");
  }
  sqlite3_finalize(insert);
  sqlite3_finalize(text);
}

}  // namespace

std::vector<Row> generate(std::size_t rows) {
  constexpr std::array<const char*, 12> jobs = {
      "admin.",  "technician",    "services", "management", "retired",    "blue-collar",
      "student", "self-employed", "unknown",  "housemaid",  "unemployed", "entrepreneur"};
  millrace::SeededRng rng(7);
  std::vector<Row> all(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    Row& row = all[i];
    row.id = "shard-000000:" + std::to_string(i);
    row.document = "{";
    for (std::size_t k = 0; k < keywords.size(); ++k) {
      row.words.push_back(k == 1 || k == 3 ? jobs[rng.below(jobs.size())]
                                           : std::to_string(rng.below(k == 9 ? 2000 : 60)));
      row.document += '"' + std::string(keywords[k]) + "\":\"" + row.words.back() + "\",";
    }
    for (const char* name : integers) {
      row.numbers.push_back(static_cast<std::int64_t>(rng.below(100'000)));
      row.document += '"' + std::string(name) + "\":" + std::to_string(row.numbers.back()) + ',';
    }
    for (int word = 0; word < 8; ++word)
      row.note += (word ? " " : "") + std::string(jobs[rng.below(jobs.size())]) +
                  std::to_string(rng.below(50));
    row.document += "\"Note\":\"" + row.note + "\"}";
  }
  return all;
}

Check loop(const std::vector<Row>& rows) {
  const Directory directory;
  {
    millrace::RealEnv real;
    auto store = mi::Store::open(real.env(), directory.path, options()).value();
    (void)store.create_if_absent("bank", definition()).value();
  }
  {
    Connection db(directory.path + "/index.sqlite");
    for (const char* pragma :
         {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA temp_store=MEMORY", "PRAGMA synchronous=NORMAL",
          "PRAGMA cache_size=-32768", "PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=4096"})
      db.run(pragma);
    fill(db, rows);
  }
  return check(directory.path);
}

Check library(const std::vector<Row>& rows) {
  const Directory directory;
  {
    millrace::RealEnv real;
    auto store = mi::Store::open(real.env(), directory.path, options()).value();
    (void)store.create_if_absent("bank", definition()).value();
    std::vector<mi::Action> actions;
    for (std::size_t i = 0; i < rows.size();) {
      actions.clear();
      for (; i < rows.size() && actions.size() < rows_a_transaction; ++i)
        actions.push_back({.index = "bank", .id = rows[i].id, .document = rows[i].document});
      if (store.bulk(actions).value().errors) throw std::runtime_error("a document was refused");
    }
  }
  return check(directory.path);
}

}  // namespace bench::index
