// SPDX-License-Identifier: BSL-1.0
#include "index/sqlite.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <new>

namespace millrace::index {
namespace {

struct Reading {
  Errc code;
  std::string_view advice;
};

Reading reading_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::conflict, "another process or Store has the index open; one at a time may"};
    case SQLITE_FULL:
      return {Errc::out_of_space, "nothing of the call was kept; make room and call again"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Errc::corrupted, "the file is damaged; build the index anew from its stream"};
    case SQLITE_TOOBIG:
      return {Errc::limit_exceeded, "the statement or a value is too large"};
    case SQLITE_NOMEM:
      return {Errc::limit_exceeded, "out of memory"};
    default:
      return {Errc::io, ""};
  }
}

std::string_view synchronous(Durability durability) {
  return durability == Durability::fsync      ? "PRAGMA synchronous=FULL"
         : durability == Durability::interval ? "PRAGMA synchronous=NORMAL"
                                              : "PRAGMA synchronous=OFF";
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(raw_); }

Statement& Statement::bind(int parameter, const Value& value) {
  int code = SQLITE_OK;
  switch (value.kind) {
    case Value::Kind::null:
      code = sqlite3_bind_null(raw_, parameter);
      break;
    case Value::Kind::integer:
      code = sqlite3_bind_int64(raw_, parameter, value.integer);
      break;
    case Value::Kind::real:
      code = sqlite3_bind_double(raw_, parameter, value.real);
      break;
    case Value::Kind::text:
      code = sqlite3_bind_text64(raw_, parameter, value.text.empty() ? "" : value.text.data(),
                                 value.text.size(), SQLITE_STATIC, SQLITE_UTF8);
      break;
    case Value::Kind::array:
      code =
          sqlite3_bind_blob64(raw_, parameter, value.text.data(), value.text.size(), SQLITE_STATIC);
      break;
  }
  if (code != SQLITE_OK) db_->fail(code, "bind");
  return *this;
}

int Statement::parameters() const { return sqlite3_bind_parameter_count(raw_); }

bool Statement::step() {
  const int code = sqlite3_step(raw_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(raw_);
    return false;
  }
  // The message goes with the reset, so it is read first.
  try {
    db_->fail(code, sqlite3_sql(raw_));
  } catch (...) {
    sqlite3_reset(raw_);
    throw;
  }
}

void Statement::run() {
  while (step()) {
  }
}

void Statement::reset() { sqlite3_reset(raw_); }
void Statement::clear() {
  sqlite3_reset(raw_);
  sqlite3_clear_bindings(raw_);
}

Value Statement::column(int i) const {
  switch (sqlite3_column_type(raw_, i)) {
    case SQLITE_INTEGER:
      return Value::of(std::int64_t{sqlite3_column_int64(raw_, i)});
    case SQLITE_FLOAT:
      return Value::of(sqlite3_column_double(raw_, i));
    case SQLITE_TEXT:
      return Value::of(text(i));
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw_, i));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw_, i));
      return {.kind = Value::Kind::array, .text = {bytes, size}};
    }
    default:
      return {};
  }
}

std::int64_t Statement::integer(int i) const { return sqlite3_column_int64(raw_, i); }

std::string_view Statement::text(int i) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(raw_, i));
  return {bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(raw_, i))};
}

Database::Database(Env& env, std::string path, const Options& options, Create create)
    : path_(std::move(path)), vfs_(env) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (create == Create::yes ? SQLITE_OPEN_CREATE : 0);
  try {
    const int code = sqlite3_open_v2(path_.c_str(), &raw_, flags, vfs_.name());
    if (code != SQLITE_OK) fail(code, "open");
    // First of all, since the window has no shared memory.
    run("PRAGMA locking_mode=EXCLUSIVE");
    run("PRAGMA temp_store=MEMORY");
    run(synchronous(options.durability));
    run("PRAGMA cache_size=-" + std::to_string(options.cache.bytes / 1024));
    run("PRAGMA journal_mode=WAL");
    constexpr std::uint64_t page_bytes = 4096;
    run("PRAGMA wal_autocheckpoint=" +
        std::to_string(std::max<std::uint64_t>(1, options.write_ahead.bytes / page_bytes)));
  } catch (...) {
    cache_.clear();
    sqlite3_close(raw_);
    throw;
  }
}

Database::~Database() {
  cache_.clear();
  sqlite3_close(raw_);
}

void Database::fail(int code, std::string_view doing) {
  if (code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM) throw std::bad_alloc();
  const Reading reading = reading_of(code);
  std::string message = "index " + path_ + ": ";
  std::optional<Error> below = vfs_.take_error();
  const int kind = code & 0xff;
  const bool from_file =
      below && (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_FULL);
  if (from_file)
    message += below->message();
  else
    message += raw_ ? sqlite3_errmsg(raw_) : sqlite3_errstr(code);
  if (!reading.advice.empty())
    message += "; " + std::string(reading.advice);
  else if (!from_file)
    message += " (in " + std::string(doing.substr(0, 120)) + ")";
  const Errc errc = from_file && reading.code == Errc::io ? below->code() : reading.code;
  throw Failure(Error(errc, std::move(message)));
}

std::unique_ptr<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v3(raw_, sql.data(), static_cast<int>(sql.size()), 0, &raw, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
  return std::make_unique<Statement>(*this, raw);
}

Statement& Database::cached(std::string_view sql) {
  const auto found = cache_.find(sql);
  if (found != cache_.end()) {
    found->second->reset();  // one that an error left half way
    return *found->second;
  }
  return *cache_.emplace(std::string(sql), prepare(sql)).first->second;
}

void Database::run(std::string_view sql) { prepare(sql)->run(); }

std::int64_t Database::number(std::string_view sql) {
  const auto statement = prepare(sql);
  return statement->step() ? statement->integer(0) : 0;
}

std::int64_t Database::changes() const { return sqlite3_changes64(raw_); }
std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(raw_); }

void Database::checkpoint() {
  const int code =
      sqlite3_wal_checkpoint_v2(raw_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, "checkpoint");
}

void Database::roll_back() noexcept { sqlite3_exec(raw_, "ROLLBACK", nullptr, nullptr, nullptr); }

}  // namespace millrace::index
