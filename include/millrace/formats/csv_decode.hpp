// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "millrace/core/export.hpp"
#include "millrace/core/format.hpp"
#include "millrace/core/message.hpp"
#include "millrace/formats/csv_columns.hpp"
#include "millrace/formats/csv_row.hpp"
#include "millrace/formats/csv_scan.hpp"
#include "millrace/formats/csv_value.hpp"
#include "millrace/formats/describe.hpp"

namespace millrace::csv {

struct DecodeOptions {
  char delimiter = ',';
  /// The names of the columns where records bring no header. Empty: the described fields, in
  /// described order, and no others.
  std::vector<std::string> columns = {};
};

namespace detail {

MILLRACE_EXPORT Error shape_error(std::string_view row, char delimiter);
MILLRACE_EXPORT Error count_error(std::size_t seen, std::size_t wanted);
MILLRACE_EXPORT Error field_error(std::string_view name, std::uint32_t column, std::size_t at,
                                  std::string reason);

[[noreturn]] MILLRACE_EXPORT void throw_not_described();
/// Failure (invalid_input) for a delimiter that can't be told from quotes and line breaks.
MILLRACE_EXPORT void check_delimiter(char delimiter);

template <Described T>
constexpr auto wanted_fields() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Wanted, sizeof...(I)>{
        Wanted{field_names<T>[I], is_optional<FieldType<T, I>>}...};
  }(std::make_index_sequence<field_count<T>>());
}

/// A predicate over one member, looked at as soon as that member is converted.
template <class T, class Value, class Predicate>
struct Where {
  std::size_t index;
  Value T::*member;
  Predicate predicate;
};

}  // namespace detail

/// Reads delimiter-separated records into a described struct; made by csv::as<T>().
/// Threads: each subtask has its own copy. Cost: no allocation on the good path once the longest
/// record was seen; only described columns are converted.
template <class T, class... Wheres>
class Decoder {
  static_assert(Described<T>,
                "millrace: csv::as<T>() needs a description of T; write in T's namespace: "
                "constexpr auto describe(millrace::type<T>) { return millrace::fields(\"Name\", "
                "&T::name, ...); }");

 public:
  using output_type = T;

  explicit Decoder(DecodeOptions options = {}, std::tuple<Wheres...> wheres = {})
      : options_(std::move(options)), wheres_(std::move(wheres)) {}

  /// Passes on only records whose `member` satisfies `predicate`. Members are converted in
  /// described order up to this one, then it is asked; the others of a rejected record are never
  /// converted, so that nothing says whether they could be.
  /// Errors: Failure (invalid_input) when describe() does not list the member.
  template <class Value, class Owner, class Predicate>
  auto where(Value Owner::*member, Predicate predicate) const {
    using Next = detail::Where<Owner, Value, Predicate>;
    if (field_index<T>(member) == no_field) detail::throw_not_described();
    return Decoder<T, Wheres..., Next>(
        options_, std::tuple_cat(wheres_, std::tuple<Next>{Next{field_index<T>(member), member,
                                                                std::move(predicate)}}));
  }

  // Inlined always: of most records little is looked at, so that a call would weigh.
  [[gnu::always_inline]] Result<Decoded> decode(const Row& in, T& out, TextWriter& text) {
    static_assert(detail::is_flat<T>,
                  "millrace: a CSV column is Text, std::string, bool, an integer, float, double, "
                  "Timestamp or std::optional of one; nested structs and vectors need JSON");
    if (!columns_.made_from(in.header)) [[unlikely]]
      if (Result<void> bound = bind(in.header); !bound) return bound.take_error();
    const std::string_view row = in.text;
    if (row.empty()) return Decoded::skip;
    std::size_t count = in.shape.fields();
    std::uint64_t first_ends = in.shape.first_ends();
    if (!in.shape.vouches_for(row, options_.delimiter)) [[unlikely]]
      if (!scan(row, count, first_ends)) return detail::shape_error(row, options_.delimiter);
    if (count != columns_.count()) [[unlikely]]
      return wrong_count(count, in, out, text);
    if (count == row.size() + 1 && count > 1) [[unlikely]]
      return Decoded::skip;  // all fields are empty
    return convert(row, first_ends, out, text, std::make_index_sequence<field_count<T>>());
  }
  /// Between these calls the records' bytes stay where they are.
  void begin_batch() { columns_.begin_batch(); }
  void end_batch() { columns_.end_batch(); }
  /// A record without a header; one line break at its end is let through.
  Result<Decoded> decode(const Text& in, T& out, TextWriter& text) {
    std::string_view row = in;
    if (row.ends_with('\n')) row.remove_suffix(1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    return decode(Row{{}, Text(row)}, out, text);
  }
  Result<Decoded> decode(const Message& in, T& out, TextWriter& text) {
    return decode(in.data, out, text);
  }

 private:
  [[gnu::cold]] Result<void> bind(std::string_view header) {
    static constexpr auto wanted = detail::wanted_fields<T>();
    if (!header.empty()) return columns_.bind(header, options_.delimiter, wanted);
    if (!options_.columns.empty()) return columns_.bind(options_.columns, wanted);
    return columns_.bind({field_names<T>.begin(), field_names<T>.end()}, wanted);
  }

  // Looks at a record that no splitter has; false when its shape is not legal.
  [[gnu::noinline]] bool scan(std::string_view row, std::size_t& count, std::uint64_t& first_ends) {
    RowScan scan;
    if (!scan.scan(row, options_.delimiter)) return false;
    count = scan.fields();
    first_ends = field_ends(row, 0, options_.delimiter, 0).ends;
    return true;
  }
  // Unless the header only began like the one before.
  [[gnu::cold]] Result<Decoded> wrong_count(std::size_t count, const Row& in, T& out,
                                            TextWriter& text) {
    if (columns_.same_header(in.header)) return detail::count_error(count, columns_.count());
    columns_ = {};
    return decode(in, out, text);
  }

  template <std::size_t... I>
  [[gnu::always_inline]] Result<Decoded> convert(std::string_view row, std::uint64_t first_ends,
                                                 T& out, TextWriter& text,
                                                 std::index_sequence<I...>) {
    const FirstFields first(row, first_ends);
    bool sought = false;
    const auto field = [&](std::uint32_t column) __attribute__((always_inline)) {
      return column < first.count() ? first.field(column) : later_field(row, column, sought);
    };
    detail::RowTexts texts(text, row.size());
    std::size_t bad = no_field;
    bool rejected = false;
    // Stops at the first field that can't be converted or that a predicate rejects.
    const bool whole = ((read_member<I>(field, out, texts) ? (rejected = !wanted<I>(out), !rejected)
                                                           : (bad = I, false)) &&
                        ...);
    if (whole) return Decoded::value;
    if (rejected) return Decoded::skip;
    return explain(bad, row, text, std::index_sequence<I...>());
  }

  // A field that ends behind the first 64 bytes; `sought`: was one of this record before?
  [[gnu::noinline]] std::string_view later_field(std::string_view row, std::uint32_t column,
                                                 bool& sought) {
    if (!std::exchange(sought, true)) later_ = FieldFinder(row, options_.delimiter);
    return later_.field(column);
  }

  template <std::size_t I, class Field>
  [[gnu::always_inline]] bool read_member(const Field& field, T& out, detail::RowTexts& texts) {
    using F = FieldType<T, I>;
    F& member = out.*std::get<I>(description<T>).member;
    const std::uint32_t column = columns_.of(I);
    if constexpr (detail::is_optional<F>) {
      const std::string_view text = column == no_column ? std::string_view() : field(column);
      if (text.empty() || text == "\"\"") {
        member.reset();
        return true;
      }
      if (!member) member.emplace();
      return detail::read_field(text, *member, texts);
    } else {
      return detail::read_field(field(column), member, texts);
    }
  }

  // Whether all predicates over field I hold.
  template <std::size_t I>
  bool wanted(const T& out) {
    return std::apply(
        [&](auto&... where) { return ((where.index != I || holds<I>(where, out)) && ...); },
        wheres_);
  }
  template <std::size_t I, class Where>
  static bool holds(Where& where, const T& out) {
    return where.predicate(out.*where.member);
  }

  template <std::size_t... I>
  [[gnu::cold]] Error explain(std::size_t bad, std::string_view row, TextWriter& text,
                              std::index_sequence<I...>) {
    text.discard();
    Error error(Errc::invalid_input, "");
    ((I == bad ? void(error = explain_field<I>(row)) : void()), ...);
    return error;
  }
  template <std::size_t I>
  Error explain_field(std::string_view row) {
    using F = FieldType<T, I>;
    const std::uint32_t column = columns_.of(I);
    const std::string_view field = FieldFinder(row, options_.delimiter).field(column);
    const std::string value = unquote(field);
    std::string reason;
    if constexpr (detail::is_optional<F>)
      reason = detail::why_not<typename F::value_type>(value);
    else
      reason = detail::why_not<F>(value);
    return detail::field_error(field_names<T>[I], column,
                               static_cast<std::size_t>(field.data() - row.data()),
                               std::move(reason));
  }

  DecodeOptions options_;
  std::tuple<Wheres...> wheres_;
  Columns columns_;
  FieldFinder later_;  // apart from what is done for each record: of most it is never asked
};

/// A decoder of delimiter-separated records (RFC 4180) into the described struct T. It takes
/// csv::Row, whose header says which column is which, and Message or Text without a header.
///
///     rows.decode("parse", csv::as<Accident>().where(&Accident::severity, above_three))
///     bank.decode("parse", csv::as<Deposit>({.delimiter = '|'}))
///
/// Columns are found by name, in any order; others are not converted, but each record's shape is
/// checked in full. An optional member may lack its column, and an empty field makes it null. An
/// empty record, and one whose fields are all empty, is skipped.
/// Errors: invalid_input with field, column (from 1), byte (from 1), reason and the value seen: a
/// wrong number of fields, illegal quotes, a value of another type or out of range, a described
/// column that the header does not have. as() throws Failure (invalid_input) when the delimiter is
/// a quote or a line break.
/// Lifetime: Text fields view the record; those with doubled quotes lie in the writer's arena, all
/// of one record in the same one.
template <class T>
Decoder<T> as(DecodeOptions options = {}) {
  detail::check_delimiter(options.delimiter);
  return Decoder<T>(std::move(options));
}

}  // namespace millrace::csv
