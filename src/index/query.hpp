// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "index/index_table.hpp"
#include "index/json_tree.hpp"

namespace millrace::index {

[[noreturn]] void throw_query_error(std::string_view type, std::string_view reason);

// A query as SQL over one index: `FROM d7 AS d<joins> WHERE <condition>`. Names of fields never
// reach the SQL, values are bound.
class Query {
 public:
  // Errors: Failure (invalid_input) with OpenSearch's type and reason.
  Query(const IndexTable& table, const Json* query);

  // "FROM d7 AS d LEFT JOIN ... WHERE ..."
  std::string from_where() const;
  const std::string& score() const { return root_.score; }
  void bind(Statement& statement) const;
  // The field's value as an expression, for ORDER BY; the least or greatest of several.
  static std::string sort_key(const Field& field, bool descending);

 private:
  // A condition that is true, false or null, and what a match adds to the relevance.
  struct Clause {
    std::string sql;
    std::string score;
  };
  using Test = std::function<std::string(const std::string& value)>;

  Clause clause(const Json& query);
  Clause boolean(const Json& body);
  Clause match(const Json& body, bool phrase);
  Clause match_field(std::string_view path, const Json& value, bool phrase, bool all_words);
  Clause multi_match(const Json& body);
  Clause term(const Json& body);
  Clause terms(const Json& body);
  Clause range(const Json& body);
  Clause prefix(const Json& body);
  Clause exists(const Json& body);
  Clause ids(const Json& body);
  Clause words(const Field& field, std::string_view text, bool phrase, bool all_words);
  Clause equal(const Field& field, const Json& value);
  std::vector<Clause> clauses(const Json& list);
  const Field* field(std::string_view path) const;
  // The test of a column, or of any element when the field has several values.
  static std::string any(const Field& field, const Test& test);
  Value value_of(const Field& field, const Json& value);
  std::string mark(const Value& value);

  const IndexTable& table_;
  std::string joins_;
  Clause root_;
  std::vector<Value> values_;
  std::deque<std::string> texts_;
  int depth_ = 0;
  int full_texts_ = 0;
};

}  // namespace millrace::index
