// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "index/fields.hpp"
#include "index/sqlite.hpp"

namespace millrace::index {

// A JSON scalar as it stands in a document or a query, unescaped.
struct Scalar {
  enum class Kind : unsigned char { boolean, number, string };
  Kind kind = Kind::string;
  std::string_view text;  // "true", the digits, what the string says
};

// What a field of that type keeps of a value, or nothing with `cause` (type and reason).
// Texts and keywords are views of the scalar.
std::optional<Value> convert(const Field& field, const Scalar& scalar, ItemError& cause);

// Milliseconds since 1970 of a strict_date_optional_time or epoch_millis.
std::optional<std::int64_t> parse_date_ms(std::string_view text);
// The last millisecond of a date that says less than that: of the day, for 2016-02-08.
std::optional<std::int64_t> parse_date_end_ms(std::string_view text);
// "2016-02-08T00:37:00.000Z"
std::string format_date_ms(std::int64_t ms);
// What dynamic mapping takes a string for.
bool looks_like_date(std::string_view text);

}  // namespace millrace::index
