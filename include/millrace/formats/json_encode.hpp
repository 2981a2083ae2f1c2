// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "millrace/core/format.hpp"
#include "millrace/formats/json_write.hpp"

namespace millrace::json {

struct EncodeOptions {
  InvalidUtf8 invalid_utf8 = InvalidUtf8::error;
};

/// Writes a described struct as one JSON object, fields in described order; made by json::lines().
/// It also writes what a member may be: a text, a number, a Timestamp, an optional, a vector.
/// Threads: any, it has no state. Cost: no allocation, no string in between.
class Encoder {
 public:
  explicit Encoder(EncodeOptions options = {}) : options_(options) {}

  /// Appends `value`. Errors: invalid_input, with the field, for a NaN or infinity, a text that is
  /// not UTF-8, a time outside the years 0 to 9999; bytes written so far stay in `out`.
  template <class T>
  Result<void> encode(const T& value, TextWriter& out) const {
    detail::WriteContext context{out, options_.invalid_utf8};
    if (detail::write_value(value, context)) [[likely]]
      return {};
    return detail::write_error(context);
  }

 private:
  EncodeOptions options_;
};

/// An encoder of newline-delimited JSON: one object a record, without a line break inside. The
/// line's end is not part of the record: whoever puts records together (a file, a delivery) adds
/// its delimiter. Floats are written with the fewest digits that read back the same, times as
/// `2022-12-24T04:53:57.450051`, an empty optional as null.
///
///     severe.encode("report", json::lines()).to("stream-2", ...);
inline Encoder lines(EncodeOptions options = {}) { return Encoder(options); }

/// The same for a stream whose records are JSON values of their own (a message, an object).
inline Encoder value(EncodeOptions options = {}) { return Encoder(options); }

}  // namespace millrace::json
