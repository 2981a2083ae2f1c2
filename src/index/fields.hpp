// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/json_tree.hpp"
#include "millrace/index/bulk.hpp"

namespace millrace::index {

// How a field is kept: integers, keywords, dates and so on as a column of the index's table, texts
// in a full-text table of their own, the rest in the document alone.
enum class Type : unsigned char {
  object,
  text,
  keyword,
  ip,
  byte_number,
  short_number,
  integer_number,
  long_number,
  real_number,  // float, double, half_float
  boolean,
  date,
  stored,  // binary, geo_point: not searchable
};

enum class Dynamic : unsigned char { yes, no, strict };

// A field of an index: a node of the mapping's tree.
struct Field {
  std::string name;       // its last part
  std::string path;       // from the document's root, with dots
  std::string wire_type;  // "half_float"
  Type type = Type::object;
  Dynamic dynamic = Dynamic::yes;  // of an object
  bool indexed = true;
  bool many = false;              // some document has several values
  std::int64_t ignore_above = 0;  // bytes of a keyword; 0: no limit
  int number = -1;                // of its column or full-text table; -1: not stored yet
  Field* parent = nullptr;
  std::vector<std::unique_ptr<Field>> children;  // of an object
  std::vector<std::unique_ptr<Field>> fields;    // the same value, kept in other ways
  // Of the document that is being read.
  std::uint64_t seen_in = 0;
  std::uint64_t valued_in = 0;
  std::size_t guess = 0;  // which child probably comes next

  Field* child(std::string_view child_name);
  bool has_column() const {
    return type != Type::object && type != Type::text && type != Type::stored;
  }
  bool is_number() const { return type >= Type::byte_number && type <= Type::real_number; }
  bool is_searchable() const { return has_column() || type == Type::text; }
};

Type type_of(std::string_view wire_type, bool& known);

// The mapping of one index.
class Mapping {
 public:
  Mapping() { root_.dynamic = Dynamic::yes; }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  // From `{"dynamic":"strict","properties":{...}}`. Errors: invalid_input with OpenSearch's type
  // and reason.
  Result<void> define(const Json& mappings);
  std::string to_json() const;

  Field& root() { return root_; }
  // By path, "a.b.keyword"; nullptr when there is none.
  const Field* find(std::string_view path) const;
  Field* find(std::string_view path);
  // Every field but objects, in the order in which they were added.
  const std::vector<Field*>& leaves() const { return leaves_; }
  std::size_t count() const { return count_; }
  // For Field::seen_in and valued_in: never the same twice.
  std::uint64_t next_stamp() { return ++stamp_; }

  Field* add(Field& parent, std::string_view name, std::string_view wire_type);
  Field* add_sub_field(Field& field, std::string_view name, std::string_view wire_type);
  // Takes away the last that was added.
  void remove_last();

 private:
  Result<void> define_properties(Field& object, const Json& properties, std::size_t depth);
  Result<void> define_leaf(Field& field, const Json& definition);

  Field root_;
  std::vector<Field*> leaves_;
  std::vector<Field*> order_;
  std::size_t count_ = 0;
  std::uint64_t stamp_ = 0;
};

inline constexpr std::size_t field_limit = 1000;
inline constexpr std::size_t mapping_depth_limit = 20;

}  // namespace millrace::index
