// SPDX-License-Identifier: BSL-1.0
#include "index/index_table.hpp"

#include <algorithm>

namespace millrace::index {
namespace {

std::string column(int number) { return "f" + std::to_string(number); }

}  // namespace

IndexTable::IndexTable(Database& db, std::int64_t number, std::string name)
    : db_(db), number_(number), name_(std::move(name)), reader_(mapping_), old_reader_(mapping_) {}

void IndexTable::create(const Json& mappings) {
  mapping_.define(mappings).value();
  db_.run("CREATE TABLE " + documents() +
          "(n INTEGER PRIMARY KEY,id TEXT NOT NULL UNIQUE,version INTEGER NOT NULL,"
          "seq INTEGER NOT NULL,source TEXT NOT NULL)");
  auto insert = db_.prepare("INSERT INTO indices(n,name,mapping,seq) VALUES(?,?,'',0)");
  insert->bind(1, number_).bind(2, std::string_view(name_)).run();
  store_fields();
}

void IndexTable::load(std::string_view mapping, std::uint64_t next_seq_no) {
  mapping_.define(Json::parse(mapping).value()).value();
  next_seq_no_ = stored_seq_no_ = next_seq_no;
  auto fields = db_.prepare("SELECT path,number,many FROM fields WHERE i=?");
  fields->bind(1, number_);
  while (fields->step()) {
    Field* const field = mapping_.find(fields->text(0));
    if (!field)
      throw Failure(Error(Errc::corrupted, "index " + db_.path() + ": the mapping of [" + name_ +
                                               "] lacks the field [" +
                                               std::string(fields->text(0)) + "]"));
    field->number = static_cast<int>(fields->integer(1));
    field->many = fields->integer(2) != 0;
    next_field_ = std::max(next_field_, field->number + 1);
  }
  prepare();
}

void IndexTable::drop() {
  find_.reset();
  insert_.reset();
  update_.reset();
  remove_.reset();
  add_text_.clear();
  remove_text_.clear();
  db_.forget_statements();
  for (const Field* field : mapping_.leaves())
    if (field->type == Type::text && field->number >= 0) db_.run("DROP TABLE " + full_text(*field));
  db_.run("DROP TABLE " + documents());
  for (const char* table : {"DELETE FROM indices WHERE n=", "DELETE FROM fields WHERE i=",
                            "DELETE FROM aliases WHERE i="})
    db_.run(table + std::to_string(number_));
}

void IndexTable::store_fields() {
  for (Field* field : mapping_.leaves()) {
    if (field->number >= 0 || !field->is_searchable()) continue;
    if (field->type == Type::text && !field->indexed) continue;
    field->number = next_field_++;
    if (field->type == Type::text) {
      db_.run("CREATE VIRTUAL TABLE " + full_text(*field) +
              " USING fts5(t,content='',tokenize='unicode61 remove_diacritics 0')");
    } else {
      const std::string name = column(field->number);
      db_.run("ALTER TABLE " + documents() + " ADD COLUMN " + name);
      if (field->indexed)
        db_.run("CREATE INDEX x" + std::to_string(number_) + "_" + std::to_string(field->number) +
                " ON " + documents() + "(" + name + ") WHERE " + name + " IS NOT NULL");
    }
    auto insert = db_.prepare("INSERT INTO fields(i,path,number,many) VALUES(?,?,?,0)");
    insert->bind(1, number_).bind(2, std::string_view(field->path));
    insert->bind(3, std::int64_t{field->number}).run();
  }
  const std::string mapping = mapping_.to_json();
  auto update = db_.prepare("UPDATE indices SET mapping=? WHERE n=?");
  update->bind(1, std::string_view(mapping)).bind(2, number_).run();
  prepare();
}

void IndexTable::store_many() {
  for (const Cell& cell : reader_.cells()) {
    if (cell.value.kind != Value::Kind::array || cell.field->many) continue;
    cell.field->many = true;
    auto update = db_.prepare("UPDATE fields SET many=1 WHERE i=? AND path=?");
    update->bind(1, number_).bind(2, std::string_view(cell.field->path)).run();
  }
}

void IndexTable::store_seq_no() {
  if (stored_seq_no_ == next_seq_no_) return;
  Statement& update = db_.cached("UPDATE indices SET seq=? WHERE n=?");
  update.bind(1, static_cast<std::int64_t>(next_seq_no_)).bind(2, number_).run();
  stored_seq_no_ = next_seq_no_;
}

void IndexTable::prepare() {
  parameter_of_.assign(static_cast<std::size_t>(next_field_), -1);
  columns_ = 0;
  has_text_ = false;
  std::string names;
  std::string marks;
  std::string sets;
  for (const Field* field : mapping_.leaves()) {
    if (field->number < 0) continue;
    if (field->type == Type::text) {
      has_text_ = true;
      continue;
    }
    parameter_of_[static_cast<std::size_t>(field->number)] = columns_++;
    const std::string name = column(field->number);
    names += ',' + name;
    marks += ",?";
    sets += ',' + name + "=?";
  }
  const std::string table = documents();
  find_ = db_.prepare("SELECT n,version,seq,source FROM " + table + " WHERE id=?");
  insert_ = db_.prepare("INSERT INTO " + table + "(id,version,seq,source" + names +
                        ") VALUES(?,?,?,?" + marks + ") ON CONFLICT(id) DO NOTHING");
  update_ = db_.prepare("UPDATE " + table + " SET version=?,seq=?,source=?" + sets + " WHERE n=?");
  remove_ = db_.prepare("DELETE FROM " + table + " WHERE n=?");
  add_text_.resize(static_cast<std::size_t>(next_field_));
  remove_text_.resize(static_cast<std::size_t>(next_field_));
}

bool IndexTable::find(std::string_view id, Found& out) {
  find_->reset();
  find_->bind(1, id);
  if (!find_->step()) return false;
  out.row = find_->integer(0);
  out.version = static_cast<std::uint64_t>(find_->integer(1));
  out.seq_no = static_cast<std::uint64_t>(find_->integer(2));
  out.source = find_->text(3);
  find_->reset();
  return true;
}

void IndexTable::bind_cells(Statement& statement, int first_parameter) {
  for (const Cell& cell : reader_.cells()) {
    if (cell.field->number < 0) continue;
    const int place = parameter_of_[static_cast<std::size_t>(cell.field->number)];
    if (place >= 0) statement.bind(first_parameter + place, cell.value);
  }
}

bool IndexTable::insert(std::string_view id, std::uint64_t version, std::string_view source) {
  insert_->clear();
  insert_->bind(1, id).bind(2, static_cast<std::int64_t>(version));
  insert_->bind(3, static_cast<std::int64_t>(next_seq_no_)).bind(4, source);
  bind_cells(*insert_, 5);
  insert_->run();
  if (db_.changes() == 0) return false;
  ++next_seq_no_;
  if (has_text_) add_texts(db_.last_row(), reader_.cells());
  return true;
}

void IndexTable::replace(const Found& old, std::uint64_t version, std::string_view source) {
  if (has_text_) remove_texts(old);
  update_->clear();
  update_->bind(1, static_cast<std::int64_t>(version));
  update_->bind(2, static_cast<std::int64_t>(next_seq_no_++)).bind(3, source);
  bind_cells(*update_, 4);
  update_->bind(4 + columns_, old.row).run();
  if (has_text_) add_texts(old.row, reader_.cells());
}

void IndexTable::remove(const Found& old) {
  if (has_text_) remove_texts(old);
  remove_->bind(1, old.row).run();
  ++next_seq_no_;
}

void IndexTable::add_texts(std::int64_t row, const std::vector<Cell>& cells) {
  for (const Cell& cell : cells) {
    if (cell.field->type != Type::text || cell.field->number < 0) continue;
    auto& slot = add_text_[static_cast<std::size_t>(cell.field->number)];
    if (!slot)
      slot = db_.prepare("INSERT INTO " + full_text(*cell.field) + "(rowid,t) VALUES(?,?)");
    slot->bind(1, row).bind(2, cell.value).run();
  }
}

// The full-text tables keep no texts, so they are told the ones to forget.
void IndexTable::remove_texts(const Found& old) {
  if (!old_reader_.read(old.source, {}))
    throw Failure(
        Error(Errc::corrupted, "index " + db_.path() + ": a document of [" + name_ +
                                   "] does not fit its mapping: " + old_reader_.error().reason));
  for (const Cell& cell : old_reader_.cells()) {
    if (cell.field->type != Type::text || cell.field->number < 0) continue;
    auto& slot = remove_text_[static_cast<std::size_t>(cell.field->number)];
    const std::string table = full_text(*cell.field);
    if (!slot)
      slot = db_.prepare("INSERT INTO " + table + "(" + table + ",rowid,t) VALUES('delete',?,?)");
    slot->bind(1, old.row).bind(2, cell.value).run();
  }
}

}  // namespace millrace::index
