// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

#include "millrace/core/export.hpp"
#include "millrace/core/format.hpp"
#include "millrace/formats/describe.hpp"
#include "millrace/formats/field_kind.hpp"
#include "millrace/formats/time.hpp"

namespace millrace::csv {

struct EncodeOptions {
  char delimiter = ',';
};

namespace detail {

using namespace millrace::detail;

/// Appends `text`, in quotes when it holds the delimiter, a quote or a line break.
MILLRACE_EXPORT void write_text(std::string_view text, char delimiter, TextWriter& out);
MILLRACE_EXPORT Error write_error(std::string_view name, std::string reason);

template <ScalarField F>
Result<void> write_cell(std::string_view name, const F& value, char delimiter, TextWriter& out) {
  if constexpr (TextField<F>) {
    write_text(value, delimiter, out);
  } else if constexpr (std::is_same_v<F, bool>) {
    out.append(value ? std::string_view("true") : std::string_view("false"));
  } else if constexpr (std::is_same_v<F, Timestamp>) {
    char* end = write_time(value, out.reserve(time_size_max));
    if (!end) return write_error(name, format_time(value).error().message());
    out.advance(end);
  } else {
    if constexpr (FloatField<F>)
      if (!std::isfinite(value))
        return write_error(name,
                           "NaN or infinity can't be written; use a std::optional, or "
                           "filter it out before");
    constexpr std::size_t digits_max = 32;  // -1.7976931348623157e+308 has 24
    char* p = out.reserve(digits_max);
    out.advance(std::to_chars(p, p + digits_max, value).ptr);
  }
  return {};
}

}  // namespace detail

/// Writes a described struct as one record, fields in described order; made by csv::row().
/// Threads: any, it has no state. Cost: no allocation.
class Encoder {
 public:
  explicit Encoder(EncodeOptions options = {}) : options_(options) {}

  /// Appends `value`. Errors: invalid_input, with the field, for a NaN or infinity or a time
  /// outside the years 0 to 9999; bytes written so far stay in `out`.
  template <class T>
  Result<void> encode(const T& value, TextWriter& out) const {
    static_assert(Described<T>,
                  "millrace: CSV is written from described structs; write in the struct's "
                  "namespace: constexpr auto describe(millrace::type<T>) { return "
                  "millrace::fields(\"Name\", &T::name, ...); }");
    if constexpr (Described<T>) return write(value, out);
    return {};
  }

 private:
  template <class T>
  Result<void> write(const T& value, TextWriter& out) const {
    static_assert(detail::is_flat<T>,
                  "millrace: a CSV column is Text, std::string, bool, an integer, float, double, "
                  "Timestamp or std::optional of one; nested structs and vectors need JSON");
    Result<void> result;
    const std::size_t before = out.run().size();
    for_each_field<T>([&](auto index, const auto& field) {
      if (!result) return;
      if constexpr (index != 0) out.append(options_.delimiter);
      using F = FieldType<T, index>;
      const F& member = value.*field.member;
      if constexpr (detail::is_optional<F>) {
        if (member) result = detail::write_cell(field.name, *member, options_.delimiter, out);
      } else {
        result = detail::write_cell(field.name, member, options_.delimiter, out);
      }
    });
    // An empty record would be read as no record at all.
    if (out.run().size() == before) out.append(std::string_view("\"\""));
    return result;
  }

  EncodeOptions options_;
};

/// An encoder of delimiter-separated records (RFC 4180), quoted where needed. The line's end is
/// not part of the record. An empty optional and an empty text are both an empty field.
inline Encoder row(EncodeOptions options = {}) { return Encoder(options); }

/// The header record for T: the described names.
template <Described T>
std::string header(EncodeOptions options = {}) {
  std::string out;
  bool first = true;
  for (const std::string_view name : field_names<T>) {
    if (!first) out += options.delimiter;
    first = false;
    const bool plain =
        name.find_first_of("\"\r\n") == name.npos && name.find(options.delimiter) == name.npos;
    if (!plain) out += '"';
    for (const char c : name) out.append(c == '"' ? 2 : 1, c);
    if (!plain) out += '"';
  }
  return out;
}

}  // namespace millrace::csv
