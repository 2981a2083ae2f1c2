// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/bulk.hpp"

#include <algorithm>
#include <array>

#include "index/json_tree.hpp"
#include "millrace/index/document_target.hpp"

namespace millrace::index {
namespace {

constexpr std::array<std::string_view, 4> op_names = {"index", "create", "update", "delete"};

std::optional<Op> to_op(std::string_view name) {
  const auto* const found = std::find(op_names.begin(), op_names.end(), name);
  if (found == op_names.end()) return {};
  return static_cast<Op>(found - op_names.begin());
}

Error bad_line(std::size_t line, std::string_view reason) {
  return Error(Errc::invalid_input, "illegal_argument_exception: Malformed action/metadata line [" +
                                        std::to_string(line) + "], " + std::string(reason));
}

std::string_view take_line(std::string_view& body) {
  const std::size_t end = body.find('\n');
  std::string_view line = body.substr(0, end);
  body.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void write_error(JsonWriter& json, const Item& item) {
  json.key("error").open('{');
  json.key("type").string(item.error->type).key("reason").string(item.error->reason);
  json.key("index").string(item.index);
  if (item.status == 409) json.key("shard").string("0");
  if (!item.error->cause_type.empty()) {
    json.key("caused_by").open('{').key("type").string(item.error->cause_type);
    json.key("reason").string(item.error->cause_reason).close('}');
  }
  json.close('}');
}

void write_item(JsonWriter& json, const Item& item) {
  json.open('{').key(to_string(item.op)).open('{');
  json.key("_index").string(item.index).key("_id").string(item.id);
  if (!item.error) {
    json.key("_version").integer(static_cast<std::int64_t>(item.version));
    json.key("result").string(item.result);
    json.key("_shards").raw(R"({"total":1,"successful":1,"failed":0})");
    json.key("_seq_no").integer(static_cast<std::int64_t>(item.seq_no));
    json.key("_primary_term").integer(1);
  }
  json.key("status").integer(item.status);
  if (item.error) write_error(json, item);
  json.close('}').close('}');
}

std::string text_of(const Json& object, std::string_view name) {
  const Json* const member = object.find(name);
  return member && (member->is_string() || member->is_number()) ? member->text : std::string();
}

bool read_item(const Json& json, Item& item) {
  if (!json.is_object() || json.members.size() != 1) return false;
  const auto& [name, inner] = json.members[0];
  const std::optional<Op> op = to_op(name);
  const Json* const status = inner.find("status");
  if (!op || !status || !status->is_number()) return false;
  item.op = *op;
  item.status = static_cast<int>(status->integer().value_or(0));
  item.index = text_of(inner, "_index");
  item.id = text_of(inner, "_id");
  item.result = text_of(inner, "result");
  if (const Json* const version = inner.find("_version"))
    item.version = static_cast<std::uint64_t>(version->integer().value_or(0));
  if (const Json* const seq_no = inner.find("_seq_no"))
    item.seq_no = static_cast<std::uint64_t>(seq_no->integer().value_or(0));
  if (const Json* const error = inner.find("error")) {
    item.error.emplace();
    item.error->type = text_of(*error, "type");
    item.error->reason = error->is_string() ? error->text : text_of(*error, "reason");
    if (const Json* const cause = error->find("caused_by")) {
      item.error->cause_type = text_of(*cause, "type");
      item.error->cause_reason = text_of(*cause, "reason");
    }
  }
  return true;
}

// The parameters of an action line. False with the reason.
bool read_parameter(std::string_view name, const Json& value, Action& action,
                    std::deque<std::string>& texts, std::string& reason) {
  const auto unsigned_number = [&](std::optional<std::uint64_t>& out) {
    const std::optional<std::int64_t> number = value.integer();
    if (!number || *number < 0) return reason = "[" + std::string(name) + "] is no version", false;
    out = static_cast<std::uint64_t>(*number);
    return true;
  };
  if (name == "_index") return action.index = texts.emplace_back(value.scalar()), true;
  if (name == "_id") return action.id = texts.emplace_back(value.scalar()), true;
  if (name == "version" || name == "_version") return unsigned_number(action.version);
  if (name == "if_seq_no") return unsigned_number(action.if_seq_no);
  if (name == "version_type" || name == "_version_type") {
    if (value.text == "internal") return true;
    if (value.text != "external" && value.text != "external_gt" && value.text != "external_gte")
      return reason = "No version type match [" + value.text + "]", false;
    action.version_type =
        value.text == "external_gte" ? VersionType::external_gte : VersionType::external;
    return true;
  }
  // Known to a cluster, without meaning in one process.
  constexpr std::array<std::string_view, 6> taken = {"routing",           "if_primary_term",
                                                     "retry_on_conflict", "require_alias",
                                                     "_routing",          "routing_path"};
  if (std::find(taken.begin(), taken.end(), name) != taken.end()) return true;
  return reason = "Action/metadata line contains an unknown parameter [" + std::string(name) + "]",
         false;
}

}  // namespace

std::string_view to_string(Op op) { return op_names[static_cast<std::size_t>(op)]; }

std::string to_string(const ItemError& error) {
  std::string text = error.type + ": " + error.reason;
  if (!error.cause_reason.empty())
    text += " (" + error.cause_type + ": " + error.cause_reason + ')';
  return text;
}

std::string to_json(const BulkResult& result) {
  std::string out;
  JsonWriter json(out);
  json.open('{').key("took").integer(result.took.count() / 1000);
  json.key("errors").boolean(result.errors).key("items").open('[');
  for (const Item& item : result.items) write_item(json, item);
  json.close(']').close('}');
  return out;
}

Result<BulkResult> parse_bulk_result(std::string_view text) {
  Result<Json> json = Json::parse(text);
  if (!json) return json.take_error();
  const Json* const items = json->find("items");
  const Json* const errors = json->find("errors");
  if (!items || !items->is_array() || !errors || errors->kind != Json::Kind::boolean)
    return Error(Errc::invalid_input, "this is no answer to a bulk: it has no items or errors");
  BulkResult result;
  result.errors = errors->truth;
  if (const Json* const took = json->find("took"))
    result.took = std::chrono::milliseconds(took->integer().value_or(0));
  for (const Json& each : items->items) {
    Item item;
    if (!read_item(each, item))
      return Error(Errc::invalid_input, "item " + std::to_string(result.items.size()) +
                                            " of the bulk's answer has no action or status");
    result.items.push_back(std::move(item));
  }
  return result;
}

Result<BulkRequest> BulkRequest::parse(std::string_view body, std::string_view index) {
  BulkRequest request;
  if (body.empty()) return Error(Errc::invalid_input, "parse_exception: request body is required");
  if (!body.ends_with('\n'))
    return Error(Errc::invalid_input,
                 "illegal_argument_exception: The bulk request must be terminated by a newline "
                 "[\\n]");
  for (std::size_t line = 1; !body.empty(); ++line) {
    const std::string_view text = take_line(body);
    if (text.empty()) continue;
    Result<Json> json = Json::parse(text);
    if (!json) return bad_line(line, json.error().message());
    if (json->members.size() != 1 || !json->members[0].value.is_object())
      return bad_line(line, "expected one action with its object, such as {\"index\":{}}");
    const std::optional<Op> op = to_op(json->members[0].name);
    if (!op)
      return bad_line(line, "expected one of [create, delete, index, update] but found [" +
                                json->members[0].name + "]");
    Action action{.op = *op, .index = index};
    std::string reason;
    for (const auto& [name, value] : json->members[0].value.members)
      if (!read_parameter(name, value, action, request.texts_, reason))
        return bad_line(line, reason);
    if (action.index.empty()) return bad_line(line, "index is missing");
    if (*op != Op::remove) {
      if (body.empty()) return bad_line(line, "its document is missing");
      action.document = take_line(body);
      ++line;
    }
    request.actions_.push_back(action);
  }
  return request;
}

void append_bulk(std::string& body, const Action& action) {
  JsonWriter json(body);
  json.open('{').key(to_string(action.op)).open('{').key("_index").string(action.index);
  if (!action.id.empty()) json.key("_id").string(action.id);
  if (action.version) json.key("version").integer(static_cast<std::int64_t>(*action.version));
  if (action.version_type != VersionType::internal)
    json.key("version_type")
        .string(action.version_type == VersionType::external ? "external" : "external_gte");
  if (action.if_seq_no)
    json.key("if_seq_no")
        .integer(static_cast<std::int64_t>(*action.if_seq_no))
        .key("if_primary_term")
        .integer(1);
  json.close('}').close('}');
  body += '\n';
  if (action.op == Op::remove) return;
  const std::size_t begin = body.size();
  body += action.document;
  // Raw line breaks stand between tokens only: within strings JSON has them escaped.
  std::replace_if(
      body.begin() + static_cast<std::ptrdiff_t>(begin), body.end(),
      [](char c) { return c == '\n' || c == '\r'; }, ' ');
  body += '\n';
}

Response classify(int status) {
  if (status == 200) return Response::items;
  if (status == 413) return Response::split;
  if (status == 408 || status == 429 || status >= 500) return Response::retry;
  return Response::fatal;
}

Response read_response(int status, std::string_view body, std::size_t actions, BulkResult& result) {
  const Response response = classify(status);
  if (response != Response::items) return response;
  Result<BulkResult> read = parse_bulk_result(body);
  if (!read || read->items.size() != actions) return Response::protocol_error;
  result = std::move(*read);
  return Response::items;
}

Outcome classify(const Item& item, VersionType version_type) {
  switch (item.status) {
    case 200:
    case 201:
      return Outcome::done;
    case 404:
      return item.op == Op::remove && !item.error ? Outcome::done : Outcome::fail;
    case 409:
      if (item.op == Op::create) return Outcome::duplicate;
      if (version_type != VersionType::internal) return Outcome::stale;
      return Outcome::fail;
    case 408:
    case 429:
      return Outcome::retry;
    default:
      return item.status >= 500 ? Outcome::retry : Outcome::fail;
  }
}

}  // namespace millrace::index
