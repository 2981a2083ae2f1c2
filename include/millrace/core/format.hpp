// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>

#include "millrace/core/result.hpp"
#include "millrace/core/text_writer.hpp"

namespace millrace {

/// What a decoder did with one input that was not an error.
enum class Decoded : unsigned char {
  value,  ///< `out` holds the record
  skip,   ///< nothing to pass on (an empty row, a row its filter rejected); counted, not an error
};

/// Turns an input into a value, in place.
///
///     using output_type = T;
///     Result<Decoded> decode(const In& in, T& out, TextWriter& text);
///
/// Contract: `out` is a slot that may hold an earlier record: assign every field. Text fields may
/// view `in`; bytes that are not in the input (unescaped) are written with `text`. An Error says
/// line, column and reason; the step adds source, partition, position and the original bytes.
/// Threads: each subtask has its own copy. Cost: no allocation on the good path.
template <class D, class In>
concept DecoderOf = std::copyable<D> &&
                    requires(D& d, const In& in, typename D::output_type& out, TextWriter& text) {
                      { d.decode(in, out, text) } -> std::same_as<Result<Decoded>>;
                    };

/// Turns a value into bytes.
///
///     Result<void> encode(const T& value, TextWriter& out);
///
/// Contract: appends to `out`; does not call finish(). On an Error the step discards the run.
template <class E, class T>
concept EncoderOf = std::copyable<E> && requires(E& e, const T& value, TextWriter& out) {
  { e.encode(value, out) } -> std::same_as<Result<void>>;
};

}  // namespace millrace
