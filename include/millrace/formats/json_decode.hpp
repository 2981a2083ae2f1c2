// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <cstdint>

#include "millrace/core/format.hpp"
#include "millrace/core/message.hpp"
#include "millrace/formats/describe.hpp"
#include "millrace/formats/explain.hpp"
#include "millrace/formats/json_value.hpp"

namespace millrace::json {

/// Reads JSON straight into a described struct; made by json::as<T>().
/// Threads: each subtask has its own copy. Cost: no allocation on the good path.
template <class T>
class Decoder {
  static_assert(Described<T>,
                "millrace: json::as<T>() needs a description of T; write in T's namespace: "
                "constexpr auto describe(millrace::type<T>) { return millrace::fields(\"name\", "
                "&T::name, ...); }");

 public:
  using output_type = T;
  explicit Decoder(DecodeOptions options = {}) : options_(options) {}

  Result<Decoded> decode(const Text& in, T& out, TextWriter& text) {
    if constexpr (Described<T>) {
      Cursor cursor(in.view(), options_.max_depth);
      cursor.skip_space();
      if (detail::read_value(cursor, out, {options_, text}) && cursor.finish()) [[likely]]
        return Decoded::value;
      text.discard();
      return cursor.error();
    } else {
      return Decoded::skip;
    }
  }
  Result<Decoded> decode(const Message& in, T& out, TextWriter& text) {
    return decode(in.data, out, text);
  }

 private:
  DecodeOptions options_;
};

/// A decoder of one JSON text (RFC 8259) a record into the described struct T, without a tree in
/// between. It takes Message and Text.
///
///     incidents.decode("parse", json::as<Accident>({.unknown_fields =
///     json::UnknownFields::error}))
///
/// Every byte is checked, those of skipped values too. JSON null is good only for std::optional.
/// An optional field may be absent.
/// Errors: invalid_input with line, column (in bytes, from 1), field, reason and the value seen:
/// bad syntax, bad UTF-8, half a surrogate pair, a wrong type, a number that does not fit, a
/// described field that comes twice or is missing, too deep nesting, bytes after the value.
/// Lifetime: Text fields view the input; those with escapes lie in the writer's arena, all of one
/// record in the same one.
template <class T>
Decoder<T> as(DecodeOptions options = {}) {
  return Decoder<T>(options);
}

}  // namespace millrace::json
