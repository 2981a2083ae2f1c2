// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <span>
#include <string_view>

#include "millrace/core/context.hpp"
#include "millrace/core/task.hpp"
#include "millrace/index/bulk.hpp"

namespace millrace::index {

/// What a bulk's answer comes to, as a whole.
enum class Response : unsigned char {
  items,           ///< look at each item
  split,           ///< 413: send it again in two halves; a single document fails
  retry,           ///< 408, 429, 5xx: send it again
  fatal,           ///< 400, 401, 403: a bug, or no permission
  protocol_error,  ///< 200 with a body that is no answer to this request: send it again
};
/// The answer's kind by its HTTP status alone.
MILLRACE_EXPORT Response classify(int http_status);
/// The same with its body: `result` is filled when it returns Response::items.
MILLRACE_EXPORT Response read_response(int http_status, std::string_view body, std::size_t actions,
                                       BulkResult& result);

/// What an item comes to, for a writer whose ids are deterministic.
enum class Outcome : unsigned char {
  done,       ///< written, or nothing to delete
  duplicate,  ///< Op::create of what an earlier delivery wrote
  stale,      ///< an external version that is there already, or a newer one
  retry,      ///< 429, 5xx: the item may be sent again
  fail,       ///< it never will be taken: a dead letter
};
/// Goes by the status, not by the presence of an error. An index's 409 is stale only when its
/// versions are external.
MILLRACE_EXPORT Outcome classify(const Item& item, VersionType version_type);

/// Where documents go: the embedded Store (index::EmbeddedTarget) or a cluster.
///
///     Task<BulkResult> bulk(std::span<const Action> actions, Context& cx);
///     Task<> create_if_absent(std::string_view index, std::string_view definition, Context& cx);
///     Task<> flush(Context& cx);     // what bulk() wrote survives power loss
///
/// Contract: bulk() has an item an action, in their order; create_if_absent() takes the body of
/// `PUT /{index}` and changes nothing when the index is there.
/// Errors: Failure when the whole request could not be done; its parts may or may not be written,
/// so it is sent again with the same ids.
template <class X>
concept DocumentTarget = std::movable<X> && requires(X& target, std::span<const Action> actions,
                                                     std::string_view text, Context& cx) {
  { target.bulk(actions, cx) } -> std::same_as<Task<BulkResult>>;
  { target.create_if_absent(text, text, cx) } -> std::same_as<Task<>>;
  { target.flush(cx) } -> std::same_as<Task<>>;
};

}  // namespace millrace::index
