// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <cstdint>

#include "millrace/core/format.hpp"
#include "millrace/core/message.hpp"
#include "millrace/formats/describe.hpp"
#include "millrace/formats/explain.hpp"
#include "millrace/formats/json_assign.hpp"
#include "millrace/formats/json_layout.hpp"
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
  explicit Decoder(DecodeOptions options = {}) : options_(options), layout_(options.max_depth) {}

  Result<Decoded> decode(const Text& in, T& out, TextWriter& text) {
    if constexpr (Described<T>) {
      constexpr bool learns = detail::has_layout<T>;
      if constexpr (learns) {
        if (decode_as_before(in, out, text)) [[likely]]
          return Decoded::value;
        layout_.begin(in);
      }
      Cursor cursor(in.view(), options_.max_depth);
      cursor.skip_space();
      const detail::ReadContext context{options_, text, learns ? &layout_ : nullptr};
      if (detail::read_value(cursor, out, context) && cursor.finish()) [[likely]] {
        if constexpr (learns) layout_.end(in);
        return Decoded::value;
      }
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
  // Takes a record laid out as one before it; false says nothing of the record.
  bool decode_as_before(const Text& in, T& out, TextWriter& text) {
    if (!layout_.known()) return false;
    std::array<detail::RawValue, field_count<T> + 1> values{};
    Cursor cursor(in.view(), options_.max_depth);
    if (layout_.match(in, values) && detail::assign_fields(values.data(), out, cursor, text))
        [[likely]] {
      layout_.hit();
      return true;
    }
    layout_.missed();
    return false;
  }

  DecodeOptions options_;
  detail::Layout layout_;
};

/// A decoder of one JSON text (RFC 8259) a record into the described struct T, without a tree in
/// between. It takes Message and Text.
///
///     incidents.decode("parse", json::as<Accident>({.unknown_fields =
///     json::UnknownFields::error}))
///
/// Every byte is checked, those of skipped values too. JSON null is good only for std::optional.
/// An optional field may be absent.
/// Cost: least where records have the names, blanks and order of the one before: these are compared
/// with it, and only the values are read. Structs with nested ones or arrays are always parsed.
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
