// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::index {

/// What an action of a bulk does; its name on the wire is to_string()'s.
enum class Op : unsigned char {
  index,   ///< creates or replaces
  create,  ///< 409 when the id is there
  update,  ///< merges `{"doc":{...},"doc_as_upsert":true,"upsert":{...}}` into what is there
  remove,  ///< "delete"; 404 without error when there is none
};
/// "index", "create", "update", "delete". Lifetime: static.
MILLRACE_EXPORT std::string_view to_string(Op op);

/// Who counts a document's versions.
enum class VersionType : unsigned char {
  internal,      ///< the index: 1, 2, 3 ...
  external,      ///< the writer: 409 unless greater than the one that is there
  external_gte,  ///< the writer: 409 when less than the one that is there
};

/// One action. Lifetime: the views live until the bulk returns.
struct Action {
  Op op = Op::index;
  std::string_view index;
  std::string_view id = {};        ///< empty: one is made up, so that a replay writes it again
  std::string_view document = {};  ///< a JSON object; none for Op::remove
  std::optional<std::uint64_t> version = {};
  VersionType version_type = VersionType::internal;
  std::optional<std::uint64_t> if_seq_no = {};  ///< 409 unless the document's is this one
};

/// Why an item failed, in OpenSearch's words.
struct ItemError {
  std::string type;  ///< "mapper_parsing_exception"
  std::string reason;
  std::string cause_type = {};  ///< of `caused_by`; empty: none
  std::string cause_reason = {};
  bool operator==(const ItemError&) const = default;
};
/// "type: reason (cause's type: cause's reason)".
MILLRACE_EXPORT std::string to_string(const ItemError& error);

/// What became of one action.
struct Item {
  Op op = Op::index;
  std::string index = {};
  std::string id = {};
  int status = 0;           ///< 200, 201, 404, 409, 400, 429 ...
  std::string result = {};  ///< created, updated, deleted, noop, not_found; empty with an error
  std::uint64_t version = 0;
  std::uint64_t seq_no = 0;
  std::optional<ItemError> error = {};
};

/// What became of a bulk: an item an action, in their order.
struct BulkResult {
  Duration took{};
  bool errors = false;  ///< some item has an error
  std::vector<Item> items;
};

/// The response as OpenSearch writes it: `{"took":ms,"errors":false,"items":[{"index":{...}}]}`.
MILLRACE_EXPORT std::string to_json(const BulkResult& result);

/// Reads such a response. Errors: invalid_input for what is not one.
MILLRACE_EXPORT Result<BulkResult> parse_bulk_result(std::string_view json);

/// A body of `POST /_bulk`: newline-delimited actions and documents.
/// Lifetime: its actions view the body and the request.
class MILLRACE_EXPORT BulkRequest {
 public:
  /// `index` is that of actions which name none.
  /// Errors: invalid_input, with the line: no newline at the end, a line that is no action, an
  /// action without index or with an unknown parameter, a document that is missing.
  static Result<BulkRequest> parse(std::string_view body, std::string_view index = {});
  const std::vector<Action>& actions() const { return actions_; }

 private:
  std::vector<Action> actions_;
  std::deque<std::string> texts_;  // names and ids
};

/// Appends an action, and its document, as lines of such a body. Line breaks between a document's
/// tokens become blanks.
MILLRACE_EXPORT void append_bulk(std::string& body, const Action& action);

}  // namespace millrace::index
