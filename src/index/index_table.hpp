// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "index/document_reader.hpp"
#include "index/fields.hpp"
#include "index/sqlite.hpp"

namespace millrace::index {

// One index in the database: documents in d<n> with a column f<i> a field, an SQL index x<n>_<i> a
// searchable field, and a full-text table t<n>_<i> a text.
class IndexTable {
 public:
  // What is there of a document.
  struct Found {
    std::int64_t row = 0;
    std::uint64_t version = 0;
    std::uint64_t seq_no = 0;
    std::string source;
  };

  IndexTable(Database& db, std::int64_t number, std::string name);
  IndexTable(const IndexTable&) = delete;
  IndexTable& operator=(const IndexTable&) = delete;

  const std::string& name() const { return name_; }
  std::int64_t number() const { return number_; }
  Mapping& mapping() { return mapping_; }
  const Mapping& mapping() const { return mapping_; }
  DocumentReader& reader() { return reader_; }
  Database& db() const { return db_; }

  void create(const Json& mappings);
  void load(std::string_view mapping, std::uint64_t next_seq_no);
  void drop();
  // Gives the fields that were added their columns and tables, and keeps the mapping.
  void store_fields();
  // Keeps that fields of the document at hand have several values.
  void store_many();
  void store_seq_no();

  bool find(std::string_view id, Found& out);
  // False when the id is taken. The document is the one that reader() has read.
  bool insert(std::string_view id, std::uint64_t version, std::string_view source);
  void replace(const Found& old, std::uint64_t version, std::string_view source);
  void remove(const Found& old);
  std::uint64_t last_seq_no() const { return next_seq_no_ - 1; }
  // For an operation that changes nothing.
  std::uint64_t take_seq_no() { return next_seq_no_++; }

  // "d7", "t7_3"
  std::string documents() const { return "d" + std::to_string(number_); }
  std::string full_text(const Field& field) const {
    return "t" + std::to_string(number_) + "_" + std::to_string(field.number);
  }

 private:
  void prepare();
  void bind_cells(Statement& statement, int first_parameter);
  void add_texts(std::int64_t row, const std::vector<Cell>& cells);
  void remove_texts(const Found& old);

  Database& db_;
  std::int64_t number_;
  std::string name_;
  Mapping mapping_;
  DocumentReader reader_;
  DocumentReader old_reader_;
  std::uint64_t next_seq_no_ = 0;
  std::uint64_t stored_seq_no_ = 0;
  int next_field_ = 0;
  std::vector<int> parameter_of_;  // by field number: its place among the columns, or -1
  int columns_ = 0;
  bool has_text_ = false;
  std::unique_ptr<Statement> find_;
  std::unique_ptr<Statement> insert_;
  std::unique_ptr<Statement> update_;
  std::unique_ptr<Statement> remove_;
  std::vector<std::unique_ptr<Statement>> add_text_;  // by field number
  std::vector<std::unique_ptr<Statement>> remove_text_;
};

}  // namespace millrace::index
