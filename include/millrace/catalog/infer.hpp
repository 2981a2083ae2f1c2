// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string_view>

#include "millrace/catalog/type.hpp"
#include "millrace/core/export.hpp"
#include "millrace/core/result.hpp"

namespace millrace::catalog {

/// What a text that looks like a date or a time becomes.
enum class Times : unsigned char {
  as_string,
  detect,  ///< date for yyyy-MM-dd, timestamp for yyyy-MM-dd HH:mm:ss[.f]
};
/// What an integer that does not fit in 64 bits becomes.
enum class BigIntegers : unsigned char {
  as_double,
  as_decimal,  ///< decimal(38,0), up to 38 digits
};

struct InferOptions {
  Times times = Times::as_string;
  BigIntegers big_integers = BigIntegers::as_double;
  std::uint32_t max_depth = 64;      ///< levels of objects and arrays
  std::uint32_t max_members = 2000;  ///< different members in all of one schema
};

/// Widens `type` by one JSON text: null is no evidence, integers are int, bigint or double by their
/// size, numbers with a fraction or exponent double, arrays the merge of their elements, objects
/// structures in first-seen order.
/// Errors: invalid_input as json::validate(), limit_exceeded past max_members. `type` is as it was
/// after the first; after the second it holds a part.
MILLRACE_EXPORT Result<void> infer_json(std::string_view text, Type& type,
                                        const InferOptions& options = {});

/// The kind of a cell in a table of texts: empty is no evidence, true and false in any case are
/// boolean, numbers are those of JSON (a leading zero or plus makes a string), the rest as above.
MILLRACE_EXPORT TypeKind infer_cell(std::string_view cell, const InferOptions& options = {});

}  // namespace millrace::catalog
