// SPDX-License-Identifier: BSL-1.0
#include "millrace/index/embedded_target.hpp"

namespace millrace::index {

Task<BulkResult> EmbeddedTarget::bulk(std::span<const Action> actions, Context& cx) {
  Store& store = store_;
  co_return co_await cx.blocking([&store, actions] { return store.bulk(actions).value(); });
}

Task<> EmbeddedTarget::create_if_absent(std::string_view index, std::string_view definition,
                                        Context& cx) {
  Store& store = store_;
  co_await cx.blocking(
      [&store, index, definition] { (void)store.create_if_absent(index, definition).value(); });
}

Task<> EmbeddedTarget::flush(Context& cx) {
  Store& store = store_;
  co_await cx.blocking([&store] { store.flush().value(); });
}

Task<OnceResult> EmbeddedTarget::bulk_once(const TransactionId& id, const NextAction& next,
                                           const OnceOptions& options, Context& cx) {
  Store& store = store_;
  co_return co_await cx.blocking(
      [&store, &id, &next, &options] { return store.bulk_once(id, next, options).value(); });
}

}  // namespace millrace::index
