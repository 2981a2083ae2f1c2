// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace {

template <class T>
class Emitter;

/// Your own operator, without a base class.
///
///     using output_type = U;
///     void on_record(const T& value, Timestamp time, Emitter<U>& out);
///     void on_watermark(Timestamp t, Emitter<U>& out);        // optional, before t goes on
///     void save(std::string& bytes) const;                     // optional pair: its state
///     Result<void> load(std::string_view bytes);
///
/// Contract: each subtask has its own copy. Values and Text fields live until the call ends; keep
/// Owned<Text>. An exception from on_record is that record's error.
template <class Op, class T>
concept OperatorOn = std::movable<Op> && requires(Op& op, const T& value, Timestamp time,
                                                  Emitter<typename Op::output_type>& out) {
  { op.on_record(value, time, out) } -> std::same_as<void>;
};

/// An operator whose state is part of snapshots and checkpoints.
template <class Op>
concept SavableOperator =
    requires(Op& op, const Op& constant, std::string& to, std::string_view from) {
      { constant.save(to) } -> std::same_as<void>;
      { op.load(from) } -> std::same_as<Result<void>>;
    };

}  // namespace millrace
