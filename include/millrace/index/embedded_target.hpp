// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <utility>

#include "millrace/index/once.hpp"
#include "millrace/index/store.hpp"

namespace millrace::index {

/// The embedded Store as a DocumentTarget; its calls run where they may block.
class MILLRACE_EXPORT EmbeddedTarget {
 public:
  EmbeddedTarget(Store store) : store_(std::move(store)) {}
  Task<BulkResult> bulk(std::span<const Action> actions, Context& cx);
  Task<> create_if_absent(std::string_view index, std::string_view definition, Context& cx);
  Task<> flush(Context& cx);
  Task<OnceResult> bulk_once(const TransactionId& id, const NextAction& next,
                             const OnceOptions& options, Context& cx);

 private:
  Store store_;
};

static_assert(OnceTarget<EmbeddedTarget>);

}  // namespace millrace::index
