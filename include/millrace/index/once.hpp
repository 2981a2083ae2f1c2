// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/index/document_target.hpp"

namespace millrace::index {

/// What a transaction is known by when it comes again.
struct TransactionId {
  std::string writer;            ///< the sink
  std::uint64_t checkpoint = 0;  ///< that decided it
  std::string spool;             ///< the file that it comes from: ids of checkpoints may come again
  bool operator==(const TransactionId&) const = default;
};

/// What becomes of a transaction when the index refuses one of its documents.
enum class IfRefused : unsigned char {
  keep_others,
  roll_back,  ///< nothing of it is kept, and the call fails with the first reason
};

struct OnceOptions {
  IfRefused if_refused = IfRefused::keep_others;
  /// Body of `PUT /{index}` for an index that is not there; empty: the index's own way.
  std::string definition = {};
};

/// An action that was refused: its number in the transaction, from 0, and why.
struct Refusal {
  std::uint64_t action = 0;
  std::string reason;
  bool operator==(const Refusal&) const = default;
};

/// What became of a transaction; the refusals are the same when it comes again.
struct OnceResult {
  bool came_again = false;  ///< nothing was done
  std::uint64_t written = 0;
  std::uint64_t duplicates = 0;  ///< older than what is there, or there already
  std::vector<Refusal> refused = {};
};

/// Gives a transaction's next action, whose views live until the next call; false at the end.
/// An Error rolls it back. Not called for a transaction that has been done.
using NextAction = std::function<Result<bool>(Action&)>;

/// A target that can do a transaction once: the embedded Store.
///
///     Task<OnceResult> bulk_once(const TransactionId& id, const NextAction& next,
///                                const OnceOptions& options, Context& cx);
///
/// Contract: when it returns, all of it is there, also after power loss, and `id` is remembered.
/// `next` is called where it may block.
template <class X>
concept OnceTarget =
    DocumentTarget<X> && requires(X& target, const TransactionId& id, const NextAction& next,
                                  const OnceOptions& options, Context& cx) {
      { target.bulk_once(id, next, options, cx) } -> std::same_as<Task<OnceResult>>;
    };

}  // namespace millrace::index
