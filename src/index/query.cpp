// SPDX-License-Identifier: BSL-1.0
#include "index/query.hpp"

#include <algorithm>
#include <array>

#include "index/convert.hpp"

namespace millrace::index {
namespace {

constexpr int depth_max = 30;
constexpr std::size_t clauses_max = 1024;

[[noreturn]] void parsing_error(std::string_view reason) {
  throw_query_error("parsing_exception", reason);
}

// The one member of `{"field":...}`, and the parameters behind it.
const JsonMember& only_member(const Json& body, std::string_view query) {
  if (!body.is_object() || body.members.empty())
    parsing_error("[" + std::string(query) + "] query malformed, no field");
  for (const auto& member : body.members)
    if (member.name != "boost" && member.name != "_name") return member;
  parsing_error("[" + std::string(query) + "] query malformed, no field");
}

void check_names(const Json& body, std::string_view query,
                 std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : body.members)
    if (std::find(known.begin(), known.end(), name) == known.end())
      parsing_error("[" + std::string(query) + "] query does not support [" + name + "]");
}

// "foo" OR "bar" of the words in a text; a phrase as it is.
std::string full_text_query(std::string_view text, bool phrase, bool all_words) {
  std::string out;
  std::string word;
  const auto flush = [&] {
    if (word.empty()) return;
    if (!out.empty()) out += phrase ? " " : all_words ? " AND " : " OR ";
    out += phrase ? word : '"' + word + '"';
    word.clear();
  };
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const bool in_word =
        (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u >= 0x80;
    if (in_word)
      word += c;
    else
      flush();
  }
  flush();
  return phrase && !out.empty() ? '"' + out + '"' : out;
}

}  // namespace

void throw_query_error(std::string_view type, std::string_view reason) {
  throw Failure(Error(Errc::invalid_input, std::string(type) + ": " + std::string(reason)));
}

Query::Query(const IndexTable& table, const Json* query) : table_(table) {
  root_ = query ? clause(*query) : Clause{"1", "1.0"};
}

std::string Query::from_where() const {
  return " FROM " + table_.documents() + " AS d" + joins_ + " WHERE " + root_.sql;
}

void Query::bind(Statement& statement) const {
  // A count has no use for what only the relevance needs.
  const auto used = static_cast<std::size_t>(statement.parameters());
  for (std::size_t i = 0; i < std::min(used, values_.size()); ++i)
    statement.bind(static_cast<int>(i) + 1, values_[i]);
}

std::string Query::mark(const Value& value) {
  values_.push_back(value);
  if (value.kind == Value::Kind::text) values_.back().text = texts_.emplace_back(value.text);
  return '?' + std::to_string(values_.size());
}

const Field* Query::field(std::string_view path) const {
  const Field* const found = table_.mapping().find(path);
  return found && (found->number >= 0 || found->type == Type::object) ? found : nullptr;
}

std::string Query::any(const Field& field, const Test& test) {
  const std::string column = "d.f" + std::to_string(field.number);
  if (!field.many) return '(' + test(column) + ')';
  return "(CASE WHEN typeof(" + column + ")='blob' THEN EXISTS(SELECT 1 FROM json_each(CAST(" +
         column + " AS TEXT)) AS e WHERE " + test("e.value") + ") ELSE " + test(column) + " END)";
}

std::string Query::sort_key(const Field& field, bool descending) {
  std::string column = "d.f" + std::to_string(field.number);
  if (!field.many) return column;
  return "(CASE WHEN typeof(" + column + ")='blob' THEN (SELECT " + (descending ? "max" : "min") +
         "(e.value) FROM json_each(CAST(" + column + " AS TEXT)) AS e) ELSE " + column + " END)";
}

Value Query::value_of(const Field& field, const Json& value) {
  ItemError cause;
  Scalar scalar{Scalar::Kind::string, texts_.emplace_back(value.scalar())};
  if (value.is_array() || value.is_object() || value.kind == Json::Kind::null)
    throw_query_error("illegal_argument_exception",
                      "the value for field [" + field.path + "] must be one value");
  // Whole-number fields are compared with what the query says, not with what it would be cut to.
  if (field.is_number()) {
    if (const auto whole = value.integer()) return Value::of(*whole);
    if (const auto real = value.number()) return Value::of(*real);
  }
  const std::optional<Value> converted = convert(field, scalar, cause);
  if (!converted)
    throw_query_error("query_shard_exception", "failed to create query: " + cause.cause_reason);
  return *converted;
}

Query::Clause Query::clause(const Json& query) {
  if (!query.is_object() || query.members.size() != 1)
    parsing_error("[_na] query malformed, expected one query such as {\"match_all\":{}}");
  if (++depth_ > depth_max) parsing_error("queries are nested deeper than 30 levels");
  const auto& [name, body] = query.members[0];
  Clause made;
  if (name == "match_all")
    made = {"1", "1.0"};
  else if (name == "match_none")
    made = {"0", "0.0"};
  else if (name == "bool")
    made = boolean(body);
  else if (name == "match")
    made = match(body, false);
  else if (name == "match_phrase")
    made = match(body, true);
  else if (name == "multi_match")
    made = multi_match(body);
  else if (name == "term")
    made = term(body);
  else if (name == "terms")
    made = terms(body);
  else if (name == "range")
    made = range(body);
  else if (name == "prefix")
    made = prefix(body);
  else if (name == "exists")
    made = exists(body);
  else if (name == "ids")
    made = ids(body);
  else
    parsing_error("unknown query [" + name + "]");
  if (const Json* const boost = body.find("boost"))
    made.score = '(' + made.score + ")*" + mark(Value::of(boost->number().value_or(1)));
  --depth_;
  return made;
}

std::vector<Query::Clause> Query::clauses(const Json& list) {
  std::vector<Clause> all;
  if (!list.is_array()) return {clause(list)};
  if (list.items.size() > clauses_max)
    throw_query_error("too_many_clauses", "maxClauseCount is set to 1024");
  for (const Json& each : list.items) all.push_back(clause(each));
  return all;
}

Query::Clause Query::boolean(const Json& body) {
  if (!body.is_object()) parsing_error("[bool] query malformed, expected an object");
  check_names(body, "bool",
              {"must", "filter", "should", "must_not", "minimum_should_match", "boost", "_name",
               "adjust_pure_negative"});
  Clause made{"1", "0.0"};
  for (const char* kind : {"must", "filter"})
    if (const Json* const list = body.find(kind))
      for (const Clause& each : clauses(*list)) {
        made.sql += " AND " + each.sql;
        if (kind == std::string_view("must")) made.score += '+' + each.score;
      }
  // A field that is missing makes a condition null, and not of null is null.
  if (const Json* const list = body.find("must_not"))
    for (const Clause& each : clauses(*list)) made.sql += " AND NOT coalesce(" + each.sql + ",0)";
  if (const Json* const list = body.find("should")) {
    std::int64_t least = body.find("must") || body.find("filter") ? 0 : 1;
    if (const Json* const given = body.find("minimum_should_match")) {
      const auto number = given->integer();
      if (!number || *number < 0)
        parsing_error("[bool] minimum_should_match must be a number of clauses here");
      least = *number;
    }
    std::string sum = "0";
    for (const Clause& each : clauses(*list)) {
      sum += "+coalesce(" + each.sql + ",0)";
      made.score += "+(CASE WHEN " + each.sql + " THEN " + each.score + " ELSE 0 END)";
    }
    if (least > 0) made.sql += " AND " + sum + ">=" + std::to_string(least);
  }
  made.sql = '(' + made.sql + ')';
  made.score = '(' + made.score + ')';
  return made;
}

Query::Clause Query::words(const Field& field, std::string_view text, bool phrase, bool all_words) {
  const std::string query = full_text_query(text, phrase, all_words);
  if (query.empty()) return {"0", "0.0"};
  const std::string m = 'm' + std::to_string(full_texts_++);
  const std::string table = table_.full_text(field);
  joins_ += " LEFT JOIN (SELECT rowid AS n,-rank AS s FROM " + table + " WHERE " + table +
            " MATCH " + mark(Value::of(std::string_view(query))) + ") AS " + m + " ON " + m +
            ".n=d.n";
  return {'(' + m + ".n IS NOT NULL)", "coalesce(" + m + ".s,0)"};
}

Query::Clause Query::equal(const Field& field, const Json& value) {
  const std::string m = mark(value_of(field, value));
  return {any(field, [&](const std::string& v) { return v + '=' + m; }), "1.0"};
}

Query::Clause Query::match_field(std::string_view path, const Json& value, bool phrase,
                                 bool all_words) {
  const Field* const found = field(path);
  if (!found || found->type == Type::object) return {"0", "0.0"};
  if (found->type == Type::text) return words(*found, value.scalar(), phrase, all_words);
  return equal(*found, value);
}

Query::Clause Query::match(const Json& body, bool phrase) {
  const auto& [path, given] = only_member(body, "match");
  const Json* value = &given;
  bool all_words = false;
  if (given.is_object()) {
    check_names(given, "match", {"query", "operator", "boost", "_name", "slop", "lenient"});
    value = given.find("query");
    if (!value) parsing_error("[match] requires query value");
    if (const Json* const op = given.find("operator"))
      all_words = op->text == "and" || op->text == "AND";
    if (const Json* const slop = given.find("slop"); slop && slop->integer() != 0)
      parsing_error("[match_phrase] a slop is not supported");
  }
  return match_field(path, *value, phrase, all_words);
}

Query::Clause Query::multi_match(const Json& body) {
  check_names(body, "multi_match", {"query", "fields", "operator", "type", "lenient", "boost"});
  const Json* const value = body.find("query");
  const Json* const fields = body.find("fields");
  if (!value || !fields || !fields->is_array() || fields->items.empty())
    parsing_error("[multi_match] requires query and fields");
  const Json* const op = body.find("operator");
  const Json* const type = body.find("type");
  Clause made{"0", "0.0"};
  for (const Json& path : fields->items) {
    const Clause each = match_field(path.text, *value, type && type->text == "phrase",
                                    op && (op->text == "and" || op->text == "AND"));
    made.sql += " OR coalesce(" + each.sql + ",0)";
    made.score =
        "max(" + made.score + ",CASE WHEN " + each.sql + " THEN " + each.score + " ELSE 0 END)";
  }
  made.sql = '(' + made.sql + ')';
  return made;
}

Query::Clause Query::term(const Json& body) {
  const auto& [path, given] = only_member(body, "term");
  const Json* value = &given;
  if (given.is_object()) {
    check_names(given, "term", {"value", "boost", "_name"});
    value = given.find("value");
    if (!value) parsing_error("[term] query malformed, no value");
  }
  if (path == "_id") {
    const std::string id = value->scalar();
    return {"(d.id=" + mark(Value::of(std::string_view(id))) + ')', "1.0"};
  }
  return match_field(path, *value, true, true);
}

Query::Clause Query::terms(const Json& body) {
  const auto& [path, list] = only_member(body, "terms");
  if (!list.is_array()) parsing_error("[terms] query requires an array of values");
  const Field* const found = field(path);
  if (!found || found->type == Type::object || list.items.empty()) return {"0", "0.0"};
  if (found->type == Type::text) {
    Clause made{"0", "1.0"};
    for (const Json& value : list.items)
      made.sql += " OR " + words(*found, value.scalar(), true, true).sql;
    made.sql = '(' + made.sql + ')';
    return made;
  }
  std::string marks;
  for (const Json& value : list.items)
    (marks += marks.empty() ? "" : ",") += mark(value_of(*found, value));
  return {any(*found, [&](const std::string& v) { return v + " IN (" + marks + ')'; }), "1.0"};
}

Query::Clause Query::range(const Json& body) {
  const auto& [path, bounds] = only_member(body, "range");
  if (!bounds.is_object()) parsing_error("[range] query malformed, no bounds");
  check_names(bounds, "range",
              {"gt", "gte", "lt", "lte", "format", "time_zone", "boost", "relation", "_name"});
  const Field* const found = field(path);
  if (!found || found->type == Type::object) return {"0", "0.0"};
  if (found->type == Type::text)
    throw_query_error("illegal_argument_exception",
                      "a range needs a keyword, number or date; [" + path + "] is a text");
  std::vector<std::pair<std::string, std::string>> tests;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> operators = {
      {{"gt", ">"}, {"gte", ">="}, {"lt", "<"}, {"lte", "<="}}};
  for (const auto& [name, op] : operators) {
    const Json* const bound = bounds.find(name);
    if (!bound || bound->kind == Json::Kind::null) continue;
    Value value = value_of(*found, *bound);
    // "until the 8th" goes to its end, and "after the 8th" begins there.
    if (found->type == Type::date && (name == "gt" || name == "lte"))
      value.integer = parse_date_end_ms(bound->scalar()).value_or(value.integer);
    tests.emplace_back(op, mark(value));
  }
  return {any(*found,
              [&](const std::string& v) {
                std::string all = v + " IS NOT NULL";
                for (const auto& [op, m] : tests) (all += " AND ") += v + op + m;
                return all;
              }),
          "1.0"};
}

Query::Clause Query::prefix(const Json& body) {
  const auto& [path, given] = only_member(body, "prefix");
  const Json* const value = given.is_object() ? given.find("value") : &given;
  if (!value || !value->is_string()) parsing_error("[prefix] query malformed, no value");
  const Field* const found = field(path);
  if (!found) return {"0", "0.0"};
  if (found->type != Type::keyword)
    throw_query_error("illegal_argument_exception", "a prefix needs a keyword; [" + path +
                                                        "] is of type [" + found->wire_type + "]");
  const std::string m = mark(Value::of(std::string_view(value->text)));
  return {any(*found,
              [&](const std::string& v) {
                return v + ">=" + m + " AND substr(" + v + ",1,length(" + m + "))=" + m;
              }),
          "1.0"};
}

Query::Clause Query::exists(const Json& body) {
  const Json* const path = body.find("field");
  if (!path || !path->is_string()) parsing_error("[exists] must be provided with a [field]");
  std::string sql = "0";
  for (const Field* leaf : table_.mapping().leaves()) {
    if (leaf->number < 0) continue;
    if (leaf->path != path->text && !leaf->path.starts_with(path->text + '.')) continue;
    if (leaf->type == Type::text)
      sql += " OR d.n IN (SELECT rowid FROM " + table_.full_text(*leaf) + ')';
    else
      sql += " OR d.f" + std::to_string(leaf->number) + " IS NOT NULL";
  }
  return {'(' + sql + ')', "1.0"};
}

Query::Clause Query::ids(const Json& body) {
  const Json* const values = body.find("values");
  if (!values || !values->is_array()) parsing_error("[ids] query requires values");
  std::string marks;
  for (const Json& id : values->items) {
    const std::string text = id.scalar();
    (marks += marks.empty() ? "" : ",") += mark(Value::of(std::string_view(text)));
  }
  return {"(d.id IN (" + marks + "))", "1.0"};
}

}  // namespace millrace::index
