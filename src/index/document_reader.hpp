// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "index/convert.hpp"
#include "index/fields.hpp"
#include "millrace/formats/json_cursor.hpp"

namespace millrace::index {

// What one document gives one field; several values of a field that has a column are one array,
// those of a text are joined by blanks.
struct Cell {
  Field* field;
  Value value;
};

// Checks a document byte by byte against the mapping, and gives the fields their values.
// Lifetime: cells view the document and the reader, until the next read().
class DocumentReader {
 public:
  explicit DocumentReader(Mapping& mapping) : mapping_(mapping), writer_(pool_) {}

  // False with error(). Fields that the mapping did not have are in it afterwards when it allows
  // that: undo() takes them away again.
  bool read(std::string_view document, std::string_view id);
  const std::vector<Cell>& cells() const { return cells_; }
  const ItemError& error() const { return error_; }
  std::size_t added() const { return added_; }
  void undo();

 private:
  using Cursor = json::Cursor;
  bool object(Cursor& in, Field& field, std::size_t depth);
  bool member(Cursor& in, Field& parent, std::string_view name, std::uint64_t instance,
              std::size_t depth);
  bool value(Cursor& in, Field* parent, std::string_view name, Field* field, std::size_t depth);
  bool array(Cursor& in, Field* parent, std::string_view name, Field* field, std::size_t depth);
  bool scalar(Cursor& in, Scalar& out);
  bool keep(Field& field, const Scalar& scalar);
  bool keep_one(Field& field, const Scalar& scalar);
  Field* introduce(Field& parent, std::string_view name, const Scalar* scalar);
  std::string_view says(Cursor& in, const Cursor::String& s);
  void join_many();
  bool refuse(std::string type, std::string reason);

  Mapping& mapping_;
  ArenaPool pool_;
  TextWriter writer_;
  std::vector<Cell> cells_;
  std::vector<Cell> more_;  // second and later values
  std::deque<std::string> joined_;
  std::string_view id_;
  std::uint64_t document_ = 0;
  std::size_t added_ = 0;
  ItemError error_;
};

}  // namespace millrace::index
