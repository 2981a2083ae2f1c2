// SPDX-License-Identifier: BSL-1.0
// What a bulk's actions do.
#include "index/store_state.hpp"
#include "millrace/formats/utf8.hpp"

namespace millrace::index {
namespace {

constexpr std::size_t id_bytes_max = 512;

void refuse(Item& item, int status, std::string type, std::string reason) {
  item.status = status;
  item.error = ItemError{std::move(type), std::move(reason)};
}

void conflict(Item& item, const std::string& reason) {
  refuse(item, 409, "version_conflict_engine_exception",
         "[" + item.id + "]: version conflict, " + reason);
}

// False when the action's version or sequence number does not go with what is there.
bool versions_agree(const Action& action, const IndexTable::Found* found, Item& item) {
  if (action.if_seq_no && (!found || found->seq_no != *action.if_seq_no)) {
    const std::string wanted =
        "required seqNo [" + std::to_string(*action.if_seq_no) + "], primary term [1]. ";
    conflict(item, wanted + (found ? "current document has seqNo [" +
                                         std::to_string(found->seq_no) + "] and primary term [1]"
                                   : "but no document was found"));
    return false;
  }
  if (!found || action.version_type == VersionType::internal) return true;
  const bool gte = action.version_type == VersionType::external_gte;
  if (gte ? *action.version >= found->version : *action.version > found->version) return true;
  conflict(item, "current version [" + std::to_string(found->version) + "] is higher " +
                     (gte ? "" : "or equal to ") +
                     (gte ? "than the one provided [" : "the one provided [") +
                     std::to_string(*action.version) + "]");
  return false;
}

std::uint64_t version_after(const Action& action, std::uint64_t current) {
  return action.version_type == VersionType::internal ? current + 1 : *action.version;
}

// What OpenSearch checks before it looks at the index.
bool well_formed(const Action& action, Item& item) {
  const auto invalid = [&](const std::string& reason) {
    refuse(item, 400, "illegal_argument_exception", reason);
    return false;
  };
  if (action.id.size() > id_bytes_max)
    return invalid("id [" + item.id.substr(0, 64) +
                   "...] is too long, must be no longer than 512 bytes but was: " +
                   std::to_string(action.id.size()));
  if (utf8_prefix(action.id) != action.id.size()) return invalid("the id is not UTF-8");
  const bool external = action.version_type != VersionType::internal;
  if (external && !action.version) return invalid("an external version needs a number");
  if (action.version && *action.version > INT64_MAX)
    return invalid("illegal version value [" + std::to_string(*action.version) + "]");
  if (external && (action.op == Op::create || action.op == Op::update))
    return invalid(std::string(to_string(action.op)) +
                   " operations only support internal versioning. use index instead");
  if (!external && action.version)
    return invalid(
        "internal versioning can not be used for optimistic concurrency control. Please use "
        "`if_seq_no` and `if_primary_term` instead");
  if (action.id.empty() && (action.op == Op::update || action.op == Op::remove))
    return invalid("an id must be provided if version type or value are set");
  return true;
}

void merge(Json& into, const Json& from) {
  for (const auto& [name, value] : from.members) {
    Json* const there = into.find(name);
    if (!there)
      into.members.push_back({name, value});
    else if (there->is_object() && value.is_object())
      merge(*there, value);
    else
      *there = value;
  }
}

}  // namespace

BulkResult Store::State::bulk(std::span<const Action> actions) {
  load_if_needed();
  const MonotonicTime begin = env.clock.monotonic();
  BulkResult result;
  result.items.reserve(actions.size());
  if (!actions.empty())
    change([&] {
      for (const Action& action : actions) {
        result.items.push_back(apply(action));
        result.errors |= result.items.back().error.has_value();
      }
      for (const auto& [name, table] : tables) table->store_seq_no();
    });
  result.took = std::chrono::duration_cast<Duration>(env.clock.monotonic() - begin);
  return result;
}

std::string Store::State::make_id() {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string id;
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = env.rng.next();
    for (int i = 0; i < 10; ++i, bits >>= 6) id += digits[bits & 63];
  }
  return id;
}

Item Store::State::apply(const Action& action) {
  Item item{.op = action.op, .index = std::string(action.index), .id = std::string(action.id)};
  if (!well_formed(action, item)) return item;
  IndexTable* const table = table_to_write(action, item);
  if (!table) return item;
  item.index = table->name();
  if (item.id.empty()) item.id = make_id();
  switch (action.op) {
    case Op::index:
    case Op::create:
      write_document(*table, action, action.document, item);
      break;
    case Op::update:
      update_document(*table, action, item);
      break;
    case Op::remove:
      remove_document(*table, action, item);
      break;
  }
  return item;
}

IndexTable* Store::State::table_to_write(const Action& action, Item& item) {
  if (const auto found = tables.find(action.index); found != tables.end())
    return found->second.get();
  if (const auto alias = aliases.find(action.index); alias != aliases.end()) {
    const Alias* target = alias->second.size() == 1 ? &alias->second[0] : nullptr;
    for (const Alias& each : alias->second)
      if (each.write) target = &each;
    if (target) return tables.find(target->index)->second.get();
    refuse(item, 400, "illegal_argument_exception",
           "no write index is defined for alias [" + item.index +
               "]. The write index may be explicitly disabled using is_write_index=false or the "
               "alias points to multiple indices without one being designated as a write index");
    return nullptr;
  }
  if (options.auto_create == AutoCreate::no || action.op == Op::remove) {
    refuse(item, 404, "index_not_found_exception", "no such index [" + item.index + "]");
    return nullptr;
  }
  if (Result<void> good = check_index_name(action.index); !good) {
    constexpr std::string_view type = "invalid_index_name_exception";
    refuse(item, 400, std::string(type), good.error().message().substr(type.size() + 2));
    return nullptr;
  }
  return &create_index(action.index, Json::object());
}

void Store::State::write_document(IndexTable& table, const Action& action,
                                  std::string_view document, Item& item) {
  DocumentReader& reader = table.reader();
  if (!reader.read(document, item.id)) {
    item.status = 400;
    item.error = reader.error();
    return;
  }
  const auto keep_mapping = [&] {
    if (reader.added() > 0) table.store_fields();
    table.store_many();
  };
  // Mostly the document is new: then one statement tells and writes it.
  if (!action.if_seq_no) {
    keep_mapping();
    const std::uint64_t version = version_after(action, 0);
    if (table.insert(item.id, version, document)) {
      item.status = 201;
      item.result = "created";
      item.version = version;
      item.seq_no = table.last_seq_no();
      return;
    }
  }
  IndexTable::Found found;
  const bool there = table.find(item.id, found);
  if (there && action.op == Op::create)
    return conflict(
        item, "document already exists (current version [" + std::to_string(found.version) + "])");
  if (!versions_agree(action, there ? &found : nullptr, item)) {
    if (action.if_seq_no) reader.undo();
    return;
  }
  if (action.if_seq_no) keep_mapping();
  item.version = version_after(action, found.version);
  table.replace(found, item.version, document);
  item.status = 200;
  item.result = "updated";
  item.seq_no = table.last_seq_no();
}

void Store::State::update_document(IndexTable& table, const Action& action, Item& item) {
  Result<Json> body = Json::parse(action.document);
  if (!body) {
    refuse(item, 400, "x_content_parse_exception", body.error().message());
    return;
  }
  const Json* const doc = body->find("doc");
  const Json* const upsert = body->find("upsert");
  if (body->find("script") || !doc || !doc->is_object())
    return refuse(item, 400, "action_request_validation_exception",
                  "Validation Failed: 1: doc is missing (scripts are not supported);");
  Action written = action;
  written.op = Op::index;
  IndexTable::Found found;
  if (!table.find(item.id, found)) {
    const Json* const as_upsert = body->find("doc_as_upsert");
    const Json* const fresh = as_upsert && as_upsert->truth ? doc : upsert;
    if (!fresh || action.if_seq_no)
      return refuse(item, 404, "document_missing_exception", "[" + item.id + "]: document missing");
    return write_document(table, written, fresh->to_string(), item);
  }
  if (!versions_agree(action, &found, item)) return;
  const Json old = Json::parse(found.source).value();
  Json merged = old;
  merge(merged, *doc);
  if (merged.same(old)) {
    item.status = 200;
    item.result = "noop";
    item.version = found.version;
    item.seq_no = found.seq_no;
    return;
  }
  write_document(table, written, merged.to_string(), item);
}

void Store::State::remove_document(IndexTable& table, const Action& action, Item& item) {
  IndexTable::Found found;
  const bool there = table.find(item.id, found);
  if (!versions_agree(action, there ? &found : nullptr, item)) return;
  item.version = version_after(action, found.version);
  item.status = there ? 200 : 404;
  item.result = there ? "deleted" : "not_found";
  if (there) table.remove(found);
  item.seq_no = there ? table.last_seq_no() : table.take_seq_no();
}

}  // namespace millrace::index
