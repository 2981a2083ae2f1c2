// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/env.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/index/bulk.hpp"
#include "millrace/index/once.hpp"
#include "millrace/index/options.hpp"

namespace millrace::index {

/// A document as it is kept.
struct Document {
  std::string index;
  std::string id;
  std::uint64_t version = 0;
  std::uint64_t seq_no = 0;
  std::string source;  ///< the JSON text as it came
};

/// The embedded document index: OpenSearch's bulk, mappings, search and aggregations over one
/// SQLite file, without a service.
///
///     auto store = index::Store::open(env, "/var/lib/bank/index").value();
///     store.create_if_absent("index1", index::definition_of<Row>()).value();
///     auto done = store.bulk({{.index = "index1", .id = "1", .document = R"({"Job":"admin."})"}});
///     auto found = store.search("index1",
///     R"({"size":0,"aggs":{"jobs":{"terms":{"field":"Job"}}}})");
///
/// Files: `<directory>/index.sqlite` and, while it is open, `index.sqlite-wal`. SQLite reaches
/// them, the clock and random bytes through the Env alone, also in a simulation; nothing bypasses
/// it: there is no shared memory, and what SQLite sorts on the way stays in memory. SQLite's own
/// global lists (its VFS names) are per process. One Store at a time may have a directory open, in
/// whatever process.
///
/// Visibility: what a bulk wrote is found by the next search, as with `refresh=true`; refresh() has
/// nothing left to do. A bulk is one transaction: after a crash all of it is there or nothing.
///
/// Names in a search may be lists (`a,b`), patterns (`name-*`, `*`) and aliases.
/// Errors, of every call: conflict (another one has the directory open), corrupted, io,
/// out_of_space, each with the file; limit_exceeded. After an error nothing of the call was kept.
/// Threads: any; calls wait for each other. They block: coroutines use cx.blocking().
/// Lifetime: the Env outlives it; copies share one state.
class MILLRACE_EXPORT Store {
 public:
  /// Opens the index in `directory`, which is made when it is not there.
  /// Errors: unsupported (a newer format); corrupted for a file that is none or was cut.
  static Result<Store> open(Env& env, std::string directory, Options options = {});
  /// The same, but not_found when there is none.
  static Result<Store> open_existing(Env& env, std::string directory, Options options = {});

  /// Makes an index from the body of `PUT /{index}`: `{"mappings":{...},"aliases":{...}}`; true
  /// when it was not there. Settings are taken and have no effect. Errors: invalid_input for a name
  /// or a definition that OpenSearch does not take, in its words.
  Result<bool> create_if_absent(std::string_view index, std::string_view definition = "{}");
  /// Removes the indices that `target` names. Errors: not_found for a name that is none.
  Result<void> delete_index(std::string_view target);
  /// Gives an index one more name. Writes through an alias of several indices go to the one that
  /// has WriteIndex::yes. Errors: not_found; invalid_input.
  enum class WriteIndex : unsigned char { no, yes };
  Result<void> add_alias(std::string_view alias, std::string_view index,
                         WriteIndex write = WriteIndex::no);
  Result<void> remove_alias(std::string_view alias, std::string_view index);

  /// Does the actions in order, in one transaction, and says of each what became of it. An item
  /// that fails stops none of the others. Versions of deleted documents are forgotten at once, not
  /// after OpenSearch's 60 s.
  Result<BulkResult> bulk(std::span<const Action> actions);
  Result<BulkResult> bulk(std::initializer_list<Action> actions) {
    return bulk(std::span<const Action>(actions.begin(), actions.size()));
  }

  /// Does a transaction's actions, once: with them `id` is written down, and when it comes again
  /// nothing is done. When this returns all of it survives power loss, whatever the Durability.
  /// The last 1,000 checkpoints of each writer are remembered.
  /// Errors: those of `next`; invalid_input with the first reason under IfRefused::roll_back.
  Result<OnceResult> bulk_once(const TransactionId& id, const NextAction& next,
                               const OnceOptions& options = {});

  /// Nothing when there is no such document. Errors: not_found for an index that is none.
  Result<std::optional<Document>> get(std::string_view index, std::string_view id) const;
  /// The number of documents. Errors: not_found for a name that is no index; a pattern may match
  /// none.
  Result<std::uint64_t> count(std::string_view target) const;
  /// Answers the body of `POST /{target}/_search` with OpenSearch's JSON.
  ///
  /// Queries: match, match_phrase, multi_match, term, terms, range, exists, prefix, ids, bool,
  /// match_all, match_none. `sort`, `from`, `size` (10,000 together at most), `_source` (true or
  /// false). Aggregations: terms, histogram, date_histogram, avg, min, max, sum, value_count,
  /// stats, percentiles; below a bucket any of them, 4 deep. Other than in OpenSearch: totals are
  /// always exact; a relevance is SQLite's bm25; percentiles are exact, interpolated between
  /// neighbours; a term query on a text field is analysed; words are Unicode's letters and digits,
  /// in lower case. Errors: not_found (index_not_found_exception); invalid_input with OpenSearch's
  /// type and reason for a query that can't be understood.
  Result<std::string> search(std::string_view target, std::string_view body) const;

  /// Up to `limit` documents of one index, by id, after `after_id`.
  Result<std::vector<Document>> documents(std::string_view index, std::string_view after_id = {},
                                          std::size_t limit = 1000) const;
  /// The names of the indices that `target` names, sorted. Errors: not_found.
  Result<std::vector<std::string>> indices(std::string_view target = "*") const;
  /// An index's mapping, `{"properties":{...}}`, with the fields that documents brought.
  Result<std::string> mapping(std::string_view index) const;

  /// Checks that `target` names something. See "Visibility". Errors: not_found.
  Result<void> refresh(std::string_view target) const;
  /// Makes durable what Durability::interval left, and folds the write-ahead log into the file.
  Result<void> flush();

  const std::string& directory() const;

 private:
  class State;
  explicit Store(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// Errors: invalid_input, with OpenSearch's invalid_index_name_exception, for a name that no index
/// can have.
MILLRACE_EXPORT Result<void> check_index_name(std::string_view name);

}  // namespace millrace::index
