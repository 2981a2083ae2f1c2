// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/store.hpp"

#include "index/search.hpp"
#include "index/store_state.hpp"

namespace millrace::index {
namespace {

Document document_of(const IndexTable& table, const Statement& row) {
  return {table.name(), std::string(row.text(0)), static_cast<std::uint64_t>(row.integer(1)),
          static_cast<std::uint64_t>(row.integer(2)), std::string(row.text(3))};
}

}  // namespace

Result<Store> Store::open(Env& env, std::string directory, Options options) {
  try {
    return Store(
        std::make_shared<State>(env, std::move(directory), options, Database::Create::yes));
  } catch (const Failure& failure) {
    return failure.error();
  }
}

Result<Store> Store::open_existing(Env& env, std::string directory, Options options) {
  try {
    return Store(std::make_shared<State>(env, std::move(directory), options, Database::Create::no));
  } catch (const Failure& failure) {
    return failure.error();
  }
}

const std::string& Store::directory() const { return state_->directory; }

Result<bool> Store::create_if_absent(std::string_view index, std::string_view definition) {
  return state_->call([&] {
    state_->load_if_needed();
    return state_->change([&] { return state_->create_if_absent(index, definition); });
  });
}

Result<void> Store::delete_index(std::string_view target) {
  return state_->call([&] {
    state_->load_if_needed();
    state_->change([&] { state_->delete_index(target); });
  });
}

Result<void> Store::add_alias(std::string_view alias, std::string_view index, WriteIndex write) {
  return state_->call([&] {
    state_->load_if_needed();
    state_->change([&] { state_->add_alias(alias, index, write == WriteIndex::yes); });
  });
}

Result<void> Store::remove_alias(std::string_view alias, std::string_view index) {
  return state_->call([&] {
    state_->load_if_needed();
    state_->change([&] { state_->remove_alias(alias, index); });
  });
}

Result<BulkResult> Store::bulk(std::span<const Action> actions) {
  return state_->call([&] { return state_->bulk(actions); });
}

Result<OnceResult> Store::bulk_once(const TransactionId& id, const NextAction& next,
                                    const OnceOptions& options) {
  return state_->call([&] { return state_->bulk_once(id, next, options); });
}

Result<std::optional<Document>> Store::get(std::string_view index, std::string_view id) const {
  return state_->call([&]() -> std::optional<Document> {
    state_->load_if_needed();
    const IndexTable& table = state_->one(index);
    Statement& row = state_->db->cached("SELECT id,version,seq,source FROM " + table.documents() +
                                        " WHERE id=?");
    row.bind(1, id);
    if (!row.step()) return {};
    Document document = document_of(table, row);
    row.reset();
    return document;
  });
}

Result<std::uint64_t> Store::count(std::string_view target) const {
  return state_->call([&] {
    state_->load_if_needed();
    std::uint64_t total = 0;
    for (const IndexTable* table : state_->resolve(target))
      total += static_cast<std::uint64_t>(
          state_->db->number("SELECT count(*) FROM " + table->documents()));
    return total;
  });
}

Result<std::string> Store::search(std::string_view target, std::string_view body) const {
  return state_->call([&] {
    state_->load_if_needed();
    return index::search(state_->env.clock, state_->resolve(target), body);
  });
}

Result<std::vector<Document>> Store::documents(std::string_view index, std::string_view after_id,
                                               std::size_t limit) const {
  return state_->call([&] {
    state_->load_if_needed();
    const IndexTable& table = state_->one(index);
    Statement& rows = state_->db->cached("SELECT id,version,seq,source FROM " + table.documents() +
                                         " WHERE id>? ORDER BY id LIMIT ?");
    rows.bind(1, after_id).bind(2, static_cast<std::int64_t>(limit));
    std::vector<Document> page;
    while (rows.step()) page.push_back(document_of(table, rows));
    return page;
  });
}

Result<std::vector<std::string>> Store::indices(std::string_view target) const {
  return state_->call([&] {
    state_->load_if_needed();
    std::vector<std::string> names;
    for (const IndexTable* table : state_->resolve(target)) names.push_back(table->name());
    return names;
  });
}

Result<std::string> Store::mapping(std::string_view index) const {
  return state_->call([&] {
    state_->load_if_needed();
    return state_->one(index).mapping().to_json();
  });
}

Result<void> Store::refresh(std::string_view target) const {
  return state_->call([&] {
    state_->load_if_needed();
    state_->resolve(target);
  });
}

Result<void> Store::flush() {
  return state_->call([&] { state_->db->checkpoint(); });
}

}  // namespace millrace::index
