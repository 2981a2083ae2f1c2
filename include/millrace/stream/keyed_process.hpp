// SPDX-License-Identifier: BSL-1.0
#pragma once
// KeyedStream::process and the handles of keyed state: a header of its own, as millrace.hpp would
// take a tenth longer to compile for those who use neither.
#include <memory>
#include <utility>

#include "millrace/operators/aggregating_state.hpp"
#include "millrace/operators/keyed_process.hpp"
#include "millrace/state/list_state.hpp"
#include "millrace/state/map_state.hpp"
#include "millrace/state/reducing_state.hpp"
#include "millrace/state/value_state.hpp"
#include "millrace/stream/keyed_stream.hpp"

namespace millrace {

template <class T, class KeyF>
template <class Op>
auto KeyedStream<T, KeyF>::process(Name name, Op op, OnError policy) const {
  if constexpr (!KeyedOperatorOn<Op, T>) {
    static_assert(detail::always_false<Op, T>,
                  "millrace: process(name, op) behind key_by: op needs 'using output_type = U;', "
                  "'void on_record(const T&, Timestamp, Emitter<U>&)' for the stream's value "
                  "type, and 'auto states() { return std::tie(a, b); }' that gives its handles");
    return detail::Broken{};
  } else if constexpr (SavableOperator<Op>) {
    static_assert(detail::always_false<Op, T>,
                  "millrace: process(name, op) behind key_by: what save() and load() keep has no "
                  "key, so it can't be spread; keep it in handles that states() gives");
    return detail::Broken{};
  } else {
    using S = detail::KeyedProcessStep<T, KeyF, Op>;
    detail::check_states(name, op.states(), S::has_timer_function, stream_.timed());
    auto parts = Part(std::pair(key_, std::move(op)));
    return stream_.template attach<typename Op::output_type>(
        detail::make_node(std::move(name), "keyed_process", Part<Op>::copies, true,
                          [parts = std::move(parts), policy = stream_.effective(policy)](
                              const StepContext& context) mutable -> std::unique_ptr<Step> {
                            auto [key, own] = parts.take();
                            return std::make_unique<S>(context, std::move(key), std::move(own),
                                                       policy);
                          }),
        detail::edge_by_key<T>(key_));
  }
}

}  // namespace millrace
