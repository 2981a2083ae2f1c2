// SPDX-License-Identifier: BSL-1.0
#include "index/search.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "index/aggregation.hpp"
#include "index/query.hpp"

namespace millrace::index {
namespace {

constexpr std::int64_t window_max = 10'000;

struct SortKey {
  std::string field;  // or _score, _doc, _id
  bool descending = false;
  bool missing_first = false;
};

struct Request {
  std::int64_t from = 0;
  std::int64_t size = 10;
  bool with_source = true;
  const Json* query = nullptr;
  const Json* aggregations = nullptr;
  std::vector<SortKey> sort;
  bool by_score = true;
};

struct Hit {
  struct Key {
    Value::Kind kind = Value::Kind::null;
    std::int64_t integer = 0;
    double real = 0;
    std::string text;
  };
  const IndexTable* table = nullptr;
  std::string id;
  std::string source;
  double score = 0;
  std::vector<Key> keys;
};

std::int64_t read_count(const Json& body, std::string_view name, std::int64_t otherwise) {
  const Json* const given = body.find(name);
  if (!given) return otherwise;
  const std::optional<std::int64_t> number = given->integer();
  if (!number || *number < 0)
    throw_query_error("illegal_argument_exception",
                      "[" + std::string(name) + "] parameter cannot be negative");
  return *number;
}

SortKey read_sort_key(const Json& json) {
  SortKey key;
  if (json.is_string()) {
    key.field = json.text;
    key.descending = key.field == "_score";
    return key;
  }
  if (!json.is_object() || json.members.size() != 1)
    throw_query_error("parsing_exception", "a sort is a field's name or an object with one field");
  const auto& [field, how] = json.members[0];
  key.field = field;
  key.descending = field == "_score";
  if (how.is_string()) {
    key.descending = how.text == "desc";
    return key;
  }
  for (const auto& [name, value] : how.members) {
    if (name == "order")
      key.descending = value.text == "desc";
    else if (name == "missing" && (value.text == "_first" || value.text == "_last"))
      key.missing_first = value.text == "_first";
    else if (name != "unmapped_type")
      throw_query_error("parsing_exception", "[field_sort] unknown field [" + name + "]");
  }
  return key;
}

bool unmapped_is_good(const Json& json) {
  return json.is_object() && json.members.size() == 1 &&
         json.members[0].value.find("unmapped_type") != nullptr;
}

void check_sort_field(const SortKey& key, const std::vector<IndexTable*>& tables) {
  if (key.field.starts_with('_') || tables.empty()) return;
  bool mapped = false;
  for (const IndexTable* table : tables) {
    const Field* const field = table->mapping().find(key.field);
    if (!field) continue;
    mapped = true;
    if (!field->has_column())
      throw_query_error("illegal_argument_exception",
                        "[" + key.field + "] of type [" + field->wire_type +
                            "] can't be sorted by; use a keyword, number or date");
  }
  if (!mapped)
    throw_query_error("query_shard_exception",
                      "No mapping found for [" + key.field + "] in order to sort on");
}

Request read_request(const Json& body, const std::vector<IndexTable*>& tables) {
  if (!body.is_object()) throw_query_error("parsing_exception", "the body must be an object");
  Request request;
  for (const auto& [name, value] : body.members) {
    if (name == "query") {
      request.query = &value;
    } else if (name == "aggs" || name == "aggregations") {
      request.aggregations = &value;
    } else if (name == "sort") {
      const std::vector<Json> one = {value};
      for (const Json& each : value.is_array() ? value.items : one) {
        request.sort.push_back(read_sort_key(each));
        if (!unmapped_is_good(each)) check_sort_field(request.sort.back(), tables);
      }
    } else if (name == "_source" && value.kind == Json::Kind::boolean) {
      request.with_source = value.truth;
    } else if (name != "from" && name != "size" && name != "track_total_hits" &&
               name != "timeout" && name != "version" && name != "stored_fields") {
      throw_query_error("parsing_exception", "Unknown key for a value in [" + name + "]");
    }
  }
  request.from = read_count(body, "from", 0);
  request.size = read_count(body, "size", 10);
  if (request.from > window_max || request.size > window_max ||
      request.from + request.size > window_max)
    throw_query_error("illegal_argument_exception",
                      "Result window is too large, from + size must be less than or equal to: "
                      "[10000] but was [" +
                          std::to_string(request.from) + " + " + std::to_string(request.size) +
                          "]");
  if (request.sort.empty()) request.sort.push_back({"_score", true});
  request.by_score = request.sort[0].field == "_score" && request.sort.size() == 1;
  return request;
}

std::string sort_expression(const SortKey& key, const IndexTable& table, const Query& query) {
  if (key.field == "_score") return query.score();
  if (key.field == "_doc") return "d.n";
  if (key.field == "_id") return "d.id";
  const Field* const field = table.mapping().find(key.field);
  if (!field || field->number < 0 || !field->has_column()) return "NULL";
  return Query::sort_key(*field, key.descending);
}

std::int64_t take_hits(const Request& request, const IndexTable& table, const Query& query,
                       std::vector<Hit>& hits) {
  const auto count = table.db().prepare("SELECT count(*)" + query.from_where());
  query.bind(*count);
  const std::int64_t total = count->step() ? count->integer(0) : 0;
  if (request.size == 0 || total == 0) return total;
  std::string keys;
  std::string order;
  for (std::size_t i = 0; i < request.sort.size(); ++i) {
    const SortKey& key = request.sort[i];
    const std::string name = "k" + std::to_string(i);
    keys += ',' + sort_expression(key, table, query) + " AS " + name;
    order += name + (key.descending ? " DESC" : " ASC") +
             (key.missing_first ? " NULLS FIRST," : " NULLS LAST,");
  }
  const auto rows =
      table.db().prepare("SELECT d.id," + std::string(request.with_source ? "d.source," : "NULL,") +
                         query.score() + keys + query.from_where() + " ORDER BY " + order +
                         "d.n LIMIT " + std::to_string(request.from + request.size));
  query.bind(*rows);
  while (rows->step()) {
    Hit hit;
    hit.table = &table;
    hit.id = rows->text(0);
    if (request.with_source) hit.source = rows->text(1);
    hit.score = rows->column(2).number();
    for (std::size_t i = 0; i < request.sort.size(); ++i) {
      const Value value = rows->column(static_cast<int>(i) + 3);
      hit.keys.push_back({value.kind, value.integer, value.real, std::string(value.text)});
    }
    hits.push_back(std::move(hit));
  }
  return total;
}

// Negative when a comes first.
int compare(const Hit::Key& a, const Hit::Key& b, const SortKey& key) {
  const bool no_a = a.kind == Value::Kind::null;
  const bool no_b = b.kind == Value::Kind::null;
  if (no_a || no_b) {
    if (no_a && no_b) return 0;
    return no_a == key.missing_first ? -1 : 1;
  }
  int result = 0;
  if (a.kind == Value::Kind::text || b.kind == Value::Kind::text) {
    // Numbers before texts, when indices differ about the type.
    result = a.kind != b.kind ? (a.kind == Value::Kind::text ? 1 : -1) : a.text.compare(b.text);
  } else if (a.kind == Value::Kind::integer && b.kind == Value::Kind::integer) {
    result = a.integer < b.integer ? -1 : a.integer > b.integer ? 1 : 0;
  } else {
    const double x = a.kind == Value::Kind::integer ? static_cast<double>(a.integer) : a.real;
    const double y = b.kind == Value::Kind::integer ? static_cast<double>(b.integer) : b.real;
    result = x < y ? -1 : x > y ? 1 : 0;
  }
  return key.descending ? -result : result;
}

void write_hit(JsonWriter& json, const Request& request, const Hit& hit) {
  json.open('{').key("_index").string(hit.table->name()).key("_id").string(hit.id);
  json.key("_score");
  if (request.by_score)
    json.real(hit.score);
  else
    json.raw("null");
  if (request.with_source) json.key("_source").raw(hit.source);
  if (!request.by_score) {
    json.key("sort").open('[');
    for (const Hit::Key& key : hit.keys) {
      if (key.kind == Value::Kind::text)
        json.string(key.text);
      else if (key.kind == Value::Kind::integer)
        json.integer(key.integer);
      else if (key.kind == Value::Kind::real)
        json.real(key.real);
      else
        json.raw("null");
    }
    json.close(']');
  }
  json.close('}');
}

void write_hits(JsonWriter& json, const Request& request, std::vector<Hit>& hits,
                std::int64_t total) {
  std::stable_sort(hits.begin(), hits.end(), [&](const Hit& a, const Hit& b) {
    for (std::size_t i = 0; i < request.sort.size(); ++i)
      if (const int result = compare(a.keys[i], b.keys[i], request.sort[i]); result != 0)
        return result < 0;
    return false;
  });
  json.key("hits").open('{').key("total").open('{').key("value").integer(total);
  json.key("relation").string("eq").close('}').key("max_score");
  if (request.by_score && !hits.empty())
    json.real(hits[0].score);
  else
    json.raw("null");
  json.key("hits").open('[');
  const auto first = static_cast<std::size_t>(request.from);
  const std::size_t last = std::min(hits.size(), first + static_cast<std::size_t>(request.size));
  for (std::size_t i = first; i < last; ++i) write_hit(json, request, hits[i]);
  json.close(']').close('}');
}

}  // namespace

std::string search(const Clock& clock, const std::vector<IndexTable*>& tables,
                   std::string_view text) {
  const MonotonicTime begin = clock.monotonic();
  Result<Json> body = text.empty() ? Json::object() : Json::parse(text);
  if (!body) throw_query_error("parsing_exception", body.error().message());
  const Request request = read_request(*body, tables);
  std::optional<Aggregations> aggregations;
  if (request.aggregations) aggregations.emplace(*request.aggregations, tables);
  std::vector<Hit> hits;
  std::int64_t total = 0;
  for (const IndexTable* table : tables) {
    const Query query(*table, request.query);
    total += take_hits(request, *table, query, hits);
    if (!aggregations) continue;
    const auto rows =
        table->db().prepare("SELECT " + aggregations->columns(*table) + query.from_where());
    query.bind(*rows);
    while (rows->step()) aggregations->take(*rows);
  }
  std::string out;
  JsonWriter json(out);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock.monotonic() - begin);
  const std::string shards = std::to_string(tables.size());
  json.open('{').key("took").integer(took.count()).key("timed_out").boolean(false);
  json.key("_shards").raw(R"({"total":)" + shards + R"(,"successful":)" + shards +
                          R"(,"skipped":0,"failed":0})");
  write_hits(json, request, hits, total);
  if (aggregations) {
    json.key("aggregations").open('{');
    aggregations->write(json);
    json.close('}');
  }
  json.close('}');
  return out;
}

}  // namespace millrace::index
